"""Wrong configurations: one sentence each that names the setting, the value and the fix."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk import Target

from target_meta_ads.settings import SCHEMA, problems

TOKEN = "made-up-token"
Config = dict[str, Any]


WRONG: list[tuple[Config, str]] = [
    # Names.
    (
        {"acess_token": "x"},
        "Settings: there is no setting `acess_token`. Did you mean `access_token",
    ),
    (
        {"account_ids": ["1"]},
        "Settings: there is no setting `account_ids`. Did you mean `ad_account",
    ),
    ({"zzz": 1}, "Settings: there is no setting `zzz`. Known: access_token, ad_account_id,"),
    # Types.
    ({"ad_account_id": ["1"]}, "`ad_account_id` is a list, and must be of type string or integer."),
    ({"streams": ["x"]}, "`streams` is a list, and must be of type object."),
    ({"streams": '{"a": {}}'}, "`streams` is '{\"a\": {}}', and must be of type object."),
    ({"dry_run": "yes"}, "`dry_run` is 'yes', and must be of type boolean."),
    ({"dry_run_path": 5}, "`dry_run_path` is 5, and must be of type string."),
    ({"max_concurrency": "4"}, "`max_concurrency` is '4', and must be of type integer."),
    ({"max_reject_ratio": "10%"}, "`max_reject_ratio` is '10%', and must be of type number."),
    ({"request_timeout": "60s"}, "`request_timeout` is '60s', and must be of type number."),
    ({"default_country": ["DE"]}, "`default_country` is a list, and must be of type string."),
    # Choices and bounds.
    (
        {"on_unmapped_stream": "skip"},
        "`on_unmapped_stream` is 'skip'. Choose one of: fail, ignore.",
    ),
    ({"max_reject_ratio": 10}, "`max_reject_ratio` is 10, and must be 1 at most."),
    ({"max_reject_ratio": -0.1}, "`max_reject_ratio` is -0.1, and must be 0 at least."),
    ({"max_removal_ratio": 1.5}, "`max_removal_ratio` is 1.5, and must be 1 at most."),
    ({"max_removal_ratio": "50"}, "`max_removal_ratio` is 50.0, and must be 1 at most."),
    ({"max_concurrency": 0}, "`max_concurrency` is 0, and must be 1 at least."),
    ({"max_concurrency": 65}, "`max_concurrency` is 65, and must be 64 at most."),
    ({"request_timeout": 0}, "`request_timeout` is 0, and must be above 0."),
    ({"max_retry_seconds": -1}, "`max_retry_seconds` is -1, and must be 0 at least."),
    # The client's.
    ({"access_token": ""}, "`access_token` is empty or holds white space. Copy it again, whole."),
    (
        {"access_token": "a\n"},
        "`access_token` is empty or holds white space. Copy it again, whole.",
    ),
    ({"access_token": None}, "`access_token` is empty. Set it."),
    (
        {"access_token": 5},
        "`access_token` is a secret of another type, and must be of type string.",
    ),
    ({"app_secret": "a b"}, "`app_secret` is empty or holds white space. Copy it again, whole."),
    ({"api_version": "26"}, "`api_version` is '26'. Write it as v26.0."),
    ({"api_version": "v26.0\n"}, r"`api_version` is 'v26.0\n'. Write it as v26.0."),
    ({"api_url": "http://graph.example.com"}, "`api_url` 'http://graph.example.com' is not https"),
    # Values.
    ({"ad_account_id": "act_x"}, "`ad_account_id` is 'act_x'. An account id is digits, with or"),
    ({"ad_account_id": ""}, "`ad_account_id` is ''. An account id is digits, with or"),
    ({"ad_account_id": -5}, "`ad_account_id` is -5. An account id is digits, with or"),
    (
        {"default_country": "Germany"},
        "`default_country` is 'Germany', which is no country's code. Did you mean `DE`?",
    ),
    (
        {"default_country": "uk"},
        "`default_country` is 'uk', which is no country's code. Did you mean `GB`?",
    ),
    (
        {"default_country": "USA"},
        "`default_country` is 'USA', which is no country's code. Did you mean `US`?",
    ),
    ({"default_country": "xx"}, "`default_country` is 'xx', which is no country's code. Write its"),
    ({"default_country": ""}, "`default_country` is '', which is no country's code. Write its ISO"),
    ({"test_event_code": ""}, "`test_event_code` is ''. Copy it again, whole: letters, digits,"),
    ({"test_event_code": "TEST 1"}, "`test_event_code` is 'TEST 1'. Copy it again, whole:"),
    ({"partner_agent": " "}, "`partner_agent` is ' '. Write a text, or remove it."),
    ({"rejects_path": ""}, "`rejects_path` is ''. Name a file."),
    (
        {"rejects_path": "./dry_run.jsonl"},
        "`rejects_path` and `dry_run_path` are both './dry_run.jsonl'. Name two files.",
    ),
    (
        {"ledger_url": "ledger.db"},
        "`ledger_url` is no SQLAlchemy URL. Write it as sqlite:///file.db or",
    ),
    ({"ledger_url": ""}, "`ledger_url` is no SQLAlchemy URL. Write it as sqlite:///file.db or"),
    (
        {"ledger_url": "postgresql+psycopg://u:hidden-password@h:port/d"},
        "`ledger_url` is no SQLAlchemy URL.",
    ),
    ({"ledger_url": 5}, "`ledger_url` is a secret of another type, and must be of type string."),
    (
        {"on_unmapped_stream": None},
        "`streams` is empty, so that no stream would go anywhere. Add a",
    ),
    (
        {"on_unmapped_stream": "fail", "streams": {}},
        "`streams` is empty, so that no stream would go",
    ),
    # The SDK's settings.
    (
        {"load_method": "merge"},
        "`load_method` is 'merge'. Choose one of: append-only, upsert, overwrite.",
    ),
    ({"batch_size_rows": "x"}, "`batch_size_rows` is 'x', and must be of type integer."),
    ({"stream_maps": {"a": {"x": 5}}}, "`stream_maps.a.x` is 5, which cannot stand there."),
]


def found(config: Config) -> list[str]:
    # As the target asks: with the SDK's own settings in the schema.
    schema = deepcopy(SCHEMA)
    Target.append_builtin_config(schema)
    return problems(config, schema)


@pytest.mark.parametrize(
    ("config", "sentence"), WRONG, ids=[json.dumps(config)[:70] for config, _ in WRONG]
)
def test_one_sentence(config: Config, sentence: str) -> None:
    (said,) = found({"access_token": TOKEN, "on_unmapped_stream": "ignore", **config})
    assert said.startswith(sentence)
    assert said.endswith((".", "?"))
    assert "\n" not in said
    assert TOKEN not in said
    assert "hidden-password" not in said


def test_nothing_at_all() -> None:
    assert found({}) == ["Settings: `access_token` is missing. Set it."]


def test_each_wrong_thing_is_said() -> None:
    said = found(
        {
            "access_token": TOKEN,
            "ad_account_id": "x",
            "default_country": "Europe",
            "ledger_url": "x",
            "streams": {
                "a": {"destination": "custom_audience"},
                "b": {"destination": "events", "defaults": {"currency": "EURO"}},
            },
        }
    )
    assert [text.partition(" is ")[0] for text in said] == [
        "`ad_account_id`",
        "`default_country`",
        "`ledger_url`",
        "Stream 'a': `audience_id`",
        "Stream 'b': `pixel_id`",
        "Stream 'b': `defaults.currency`",
    ]


def test_a_long_value_is_cut() -> None:
    (said,) = found({"access_token": TOKEN, "streams": {"x" * 10_000: {"destination": "x" * 999}}})
    assert len(said) < 300


SECRET = r"s3cret/with+odd=signs&'quotes'|%5C-and-a-tail"
META_TOKEN = "EAA" + "madeUp0123456789" * 12
AUDIENCE = {"destination": "custom_audience"}
EVENTS = {"destination": "events"}


NAMES = st.sampled_from([*SCHEMA["properties"], "stream"])
KEYS = st.sampled_from(
    [
        *("destination", "audience_id", "audience_name", "pixel_id", "event_routes", "fields"),
        *("defaults", "custom_data", "sync_mode", "email", "currency", SECRET),
    ]
)
LEAVES = st.sampled_from(
    [SECRET, f"x {SECRET}", 5, 0.5, None, True, "custom_audience", "events", "mirror", "EUR"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.builds(lambda block: {"a-*": block}, inner)
    ),
    max_leaves=6,
)


class TestSecrets:
    @pytest.mark.parametrize(
        "config",
        [
            {"access_token": [SECRET]},
            {"access_token": {"nested": [{"value": SECRET}]}},
            {"access_token": SECRET + " with white space"},
            {"access_token": TOKEN, "app_secret": [SECRET]},
            {"access_token": TOKEN, "ledger_url": SECRET},
            {"access_token": TOKEN, "ledger_url": f"postgresql://u:{SECRET}@host:port/db"},
            {"access_token": TOKEN, "ledger_url": [SECRET]},
            {"access_token": TOKEN, "ledger_url": SECRET, "rejects_path": 5, "api_url": SECRET},
            {"access_token": SECRET, "ad_account_id": SECRET},
            {"access_token": SECRET, "default_country": SECRET},
            {"access_token": SECRET, "test_event_code": SECRET},
            {"access_token": SECRET, "api_version": SECRET},
            {"access_token": SECRET, "rejects_path": SECRET, "dry_run_path": SECRET},
            {"access_token": SECRET, "max_concurrency": SECRET},
            {"access_token": SECRET, SECRET: 1},
            {"access_token": SECRET, "streams": SECRET},
            {"access_token": SECRET, "streams": {SECRET: 5}},
            {"access_token": SECRET, "streams": {SECRET: AUDIENCE}},
            {"access_token": SECRET, "streams": {"x": {"destination": SECRET}}},
            {"access_token": SECRET, "streams": {"x": {**AUDIENCE, SECRET: 1}}},
            {"access_token": SECRET, "streams": {"x": {**AUDIENCE, "audience_name": SECRET}}},
            {"access_token": SECRET, "streams": {"x": {**AUDIENCE, "fields": {SECRET: "a"}}}},
            {"access_token": SECRET, "streams": {"x": {**EVENTS, "event_routes": {SECRET: "a"}}}},
            {"access_token": SECRET, "streams": {"x": {**EVENTS, "defaults": {"value": SECRET}}}},
            {"access_token": SECRET, "stream_maps": {"ads": SECRET}},
            # Within what is cut.
            {"access_token": SECRET, "default_country": "x" * 60 + SECRET},
        ],
        ids=lambda config: json.dumps(config)[:60],
    )
    def test_are_not_said(self, config: Config) -> None:
        said = found(config)
        assert said
        text = "\n".join(said)
        for start in range(len(SECRET) - 8):
            assert SECRET[start : start + 9] not in text

    @pytest.mark.parametrize("name", ["ad_account_id", "api_version", "default_country"])
    def test_nor_what_looks_like_metas_token(self, name: str) -> None:
        (said,) = found({"access_token": TOKEN, "on_unmapped_stream": "ignore", name: META_TOKEN})
        assert META_TOKEN[:12] not in said

    @settings(max_examples=150)
    @given(
        st.dictionaries(NAMES, VALUES, max_size=4),
        st.sampled_from([SECRET, [SECRET], {"a": SECRET}]),
    )
    def test_wherever_they_stand(self, config: Config, token: object) -> None:
        said = found({**config, "access_token": token})
        assert not any(SECRET in text for text in said)
        assert all("\n" not in text for text in said)
        if token != SECRET:
            assert said
