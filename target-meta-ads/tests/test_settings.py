"""Right configurations, and what becomes of them."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from singer_sdk import Target

from meta_graph import GraphClient
from meta_graph.settings import CLIENT
from target_meta_ads.settings import SCHEMA, Settings, parse, problems
from target_meta_ads.streams.blocks import AudienceStream, EventStream

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "made-up-token"
LEAST = {"access_token": TOKEN, "on_unmapped_stream": "ignore"}


def parsed(**config: Any) -> Settings:  # noqa: ANN401 - what a file may hold
    whole = {**LEAST, **config}
    before = deepcopy(whole)
    assert problems(whole, SCHEMA) == []
    settings = parse(whole)
    assert whole == before
    return settings


def test_the_least() -> None:
    assert parsed() == Settings(TOKEN, on_unmapped_stream="ignore")
    streams = {"a": {"destination": "events", "pixel_id": "1"}}
    assert parsed(on_unmapped_stream=None, streams=streams).on_unmapped_stream == "fail"


def test_defaults_are_those_of_the_schema() -> None:
    settings = parse({"access_token": TOKEN})
    for name, about in SCHEMA["properties"].items():
        if "default" in about:
            assert getattr(settings, name) == about["default"], name
    assert {name for name, about in SCHEMA["properties"].items() if "default" not in about} == {
        *("access_token", "app_secret", "ad_account_id", "streams", "default_country"),
        *("test_event_code", "partner_agent"),
    }


def test_defaults_of_blocks_are_those_of_the_schema() -> None:
    made: dict[str, Any] = {
        "then": AudienceStream("a"),
        "else": EventStream("a"),
    }
    block = SCHEMA["properties"]["streams"]["additionalProperties"]
    for part, stream in made.items():
        schema = block[part].get("then", block[part])
        fields = set(type(stream).__dataclass_fields__) - {"pattern"}
        assert set(schema["properties"]) == {*fields, "destination"}
        for name, about in schema["properties"].items():
            assert about["description"].endswith("."), name
            if "default" in about:
                assert getattr(stream, name) == about["default"], name


def test_every_setting_is_an_attribute() -> None:
    assert set(SCHEMA["properties"]) == set(Settings.__dataclass_fields__)


def test_the_client_s_settings_are_the_client_s() -> None:
    assert set(CLIENT) <= set(SCHEMA["properties"])
    settings = parse({"access_token": TOKEN})
    arguments = {name: getattr(settings, name) for name in CLIENT}
    GraphClient(**arguments).close()


def test_null_is_the_default() -> None:
    nulls = dict.fromkeys(set(Settings.__dataclass_fields__) - {*LEAST})
    assert parsed(**nulls) == parsed()


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert all(about["description"].endswith(".") for about in SCHEMA["properties"].values())
    assert all(about["title"] for about in SCHEMA["properties"].values())


def test_no_secret_is_shown() -> None:
    url = "postgresql+psycopg://me:made-up-password@db.example/ledger"
    settings = parsed(app_secret="made-up-secret", ledger_url=url)
    assert "made-up" not in repr(settings)
    assert (settings.access_token, settings.app_secret, settings.ledger_url) == (
        TOKEN,
        "made-up-secret",
        url,
    )


def test_with_everything() -> None:
    settings = parsed(
        app_secret="made-up-secret",
        ad_account_id="act_120210000000000001",
        streams={"a": {"destination": "events", "pixel_id": 5}},
        on_unmapped_stream="fail",
        default_country="de",
        dry_run=True,
        dry_run_path="out/what.jsonl",
        test_event_code="TEST12345",
        partner_agent="shop",
        ledger_url="postgresql+psycopg://me@db.example/ledger",
        rejects_path="out/rejects.jsonl",
        max_reject_ratio=0,
        max_removal_ratio=1,
        max_concurrency=16,
        api_version="v25.0",
        api_url="http://127.0.0.1:8080",
        request_timeout=0.5,
        max_retry_seconds=0,
    )
    assert settings == Settings(
        TOKEN,
        app_secret="made-up-secret",
        ad_account_id="120210000000000001",
        streams={"a": EventStream("a", pixel_id="5")},
        default_country="DE",
        dry_run=True,
        dry_run_path="out/what.jsonl",
        test_event_code="TEST12345",
        partner_agent="shop",
        ledger_url="postgresql+psycopg://me@db.example/ledger",
        rejects_path="out/rejects.jsonl",
        max_reject_ratio=0,
        max_removal_ratio=1,
        max_concurrency=16,
        api_version="v25.0",
        api_url="http://127.0.0.1:8080",
        request_timeout=0.5,
        max_retry_seconds=0,
    )


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("123", "123"),
        ("act_123", "123"),
        (" act_123 ", "123"),
        (120210000000000001, "120210000000000001"),
    ],
)
def test_an_account_with_and_without_act(given: str | int, number: str) -> None:
    assert parsed(ad_account_id=given).ad_account_id == number


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///ledger.db",
        "postgresql+psycopg://me:p%40ss@db.example:5432/ledger?sslmode=require",
        "mysql+pymysql://me@db.example/ledger",
    ],
)
def test_addresses_of_ledgers(url: str) -> None:
    assert parsed(ledger_url=url).ledger_url == url


def test_numbers_as_the_sdk_reads_them() -> None:
    settings = parsed(
        max_concurrency=4.0,
        max_reject_ratio=Decimal("0.25"),
        streams={
            "a": {
                "destination": "events",
                "pixel_id": "1",
                "defaults": {
                    "value": Decimal("9.99"),
                    "contents": [{"item_price": Decimal("2.0")}],
                },
            }
        },
    )
    assert (settings.max_concurrency, settings.max_reject_ratio) == (4, 0.25)
    assert type(settings.max_reject_ratio) is float
    (stream,) = settings.streams.values()
    assert isinstance(stream, EventStream)
    assert stream.defaults == {"value": 9.99, "contents": [{"item_price": 2}]}
    assert type(stream.defaults["value"]) is float


STREAMS: dict[str, Any] = {
    "*-audience_members": {
        "destination": "custom_audience",
        "audience_id": 2385,
        "sync_mode": "upsert",
        "operation_column": "operation",
        "customer_file_source": "USER_PROVIDED_ONLY",
        "fields": {"email": "contact_mail", "phone": None},
        "description": None,
    },
    "*-conversion_events": {
        "destination": "events",
        "event_routes": {"Purchase": "123", "Lead": 456},
        "defaults": {"action_source": "website", "currency": "eur", "page_id": 9, "value": None},
        "fields": {"value": "order_total"},
        "custom_data": ["brand"],
        "external_id": "plain",
    },
}
PARSED: dict[str, AudienceStream | EventStream] = {
    "*-audience_members": AudienceStream(
        "*-audience_members",
        audience_id="2385",
        operation_column="operation",
        fields={"email": "contact_mail"},
    ),
    "*-conversion_events": EventStream(
        "*-conversion_events",
        event_routes={"Purchase": "123", "Lead": "456"},
        defaults={"action_source": "website", "currency": "eur", "page_id": "9"},
        fields={"value": "order_total"},
        custom_data=("brand",),
        external_id="plain",
    ),
}


def test_blocks() -> None:
    assert parsed(streams=STREAMS).streams == PARSED


@pytest.mark.parametrize(
    "block",
    [
        {"audience_id": "1"},
        {"audience_name": "High value"},
        {"audience_column": "audience_name", "operation_column": "operation"},
        {"audience_id": "1", "sync_mode": "mirror"},
        {"audience_name": "High value", "sync_mode": "replace", "value_based": True},
        {"audience_column": "audience_name", "sync_mode": "remove"},
        {"sync_mode": "erase"},
        {"audience_id": "1", "page_id": 5, "external_id": "sha256", "description": "Ours."},
    ],
    ids=str,
)
def test_audiences(block: dict[str, Any]) -> None:
    streams = {"a": {"destination": "custom_audience", **block}}
    assert isinstance(parsed(ad_account_id="1", streams=streams).streams["a"], AudienceStream)


@pytest.mark.parametrize(
    ("modes", "audiences"),
    [
        (("upsert", "upsert"), ("1", "1")),
        (("upsert", "remove"), ("1", "1")),
        (("mirror", "mirror"), ("1", "2")),
        (("replace", "upsert"), ("1", "2")),
    ],
)
def test_streams_that_may_stand_side_by_side(
    modes: tuple[str, str], audiences: tuple[str, str]
) -> None:
    parsed(
        streams={
            f"stream-{place}": {
                "destination": "custom_audience",
                "audience_id": id_,
                "sync_mode": m,
            }
            for place, (m, id_) in enumerate(zip(modes, audiences, strict=True))
        }
    )


@pytest.mark.parametrize("given", ["remaining", "none", [], ["brand", "shop"]])
def test_custom_data(given: str | list[str]) -> None:
    streams = {"a": {"destination": "events", "pixel_id": "1", "custom_data": given}}
    (stream,) = parsed(streams=streams).streams.values()
    assert isinstance(stream, EventStream)
    assert stream.custom_data == (given if isinstance(given, str) else tuple(given))


class FromEnvironment(Target):
    """Reads settings as the SDK does with `--config=ENV`."""

    name = "target-made-up"
    config_jsonschema = deepcopy(SCHEMA)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where no .env is
    given = {
        "ACCESS_TOKEN": TOKEN,
        "AD_ACCOUNT_ID": "120210000000000001",
        "STREAMS": json.dumps(STREAMS),
        "DRY_RUN": "true",
        "MAX_CONCURRENCY": "16",
        "MAX_REJECT_RATIO": "0.2",
        "REQUEST_TIMEOUT": "60",
        "DEFAULT_COUNTRY": "us",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"TARGET_MADE_UP_{name}", value)
    config = FromEnvironment(parse_env_config=True, validate_config=False).config
    assert problems(config, FromEnvironment.config_jsonschema) == []
    assert parse(config) == Settings(
        TOKEN,
        ad_account_id="120210000000000001",
        streams=PARSED,
        dry_run=True,
        max_concurrency=16,
        max_reject_ratio=0.2,
        request_timeout=60,
        default_country="US",
    )


def test_the_sdk_s_settings_are_taken() -> None:
    schema = deepcopy(SCHEMA)
    Target.append_builtin_config(schema)
    config = {
        **LEAST,
        "add_record_metadata": True,
        "load_method": "upsert",
        "batch_size_rows": 5,
        "validate_records": False,
        "stream_maps": {"a": {"x": "1"}, "b": "__NULL__"},
        "stream_map_config": {"seed": "x"},
        "faker_config": {"locale": "en"},
        "flattening_enabled": False,
    }
    assert problems(config, schema) == []
    assert parse(config) == parse(LEAST)
