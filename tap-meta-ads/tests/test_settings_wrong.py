"""Wrong configurations: one sentence each that names the setting, the value and the fix."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_meta_ads.settings import SCHEMA, problems
from tap_meta_ads.tap import TapMetaAds
from tests.wrong_settings import HOURLY, TOKEN, WRONG, report

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def found(config: dict[str, Any]) -> list[str]:
    # As the tap asks: with the SDK's own settings in the schema.
    schema = TapMetaAds.config_jsonschema
    TapMetaAds.append_builtin_config(schema)
    return problems(config, schema, NOW)


@pytest.mark.parametrize(
    ("config", "sentence"), WRONG, ids=[json.dumps(config)[:70] for config, _ in WRONG]
)
def test_one_sentence(config: dict[str, Any], sentence: str) -> None:
    (said,) = found({"access_token": TOKEN, **config})
    assert said.startswith(sentence)
    assert said.endswith((".", "?"))
    assert "\n" not in said
    assert TOKEN not in said


def test_nothing_at_all() -> None:
    assert found({}) == ["Settings: `access_token` is missing. Set it."]


def test_each_wrong_thing_is_said() -> None:
    said = found(
        {
            "access_token": TOKEN,
            "account_ids": ["x"],
            "start_date": "y",
            **report(fields=["z", "spend", "zz"], level="ad"),
        }
    )
    assert [text.split(" ")[0] for text in said] == [
        "`account_ids`",
        "`start_date`",
        "Report",
        "Report",
    ]


def test_names_are_set_right_first() -> None:
    # Whether unknown breakdowns go together nobody can say.
    said = found({"access_token": TOKEN, **report(breakdowns=["dma", "country", "region", "Age"])})
    assert [text.partition(",")[0] for text in said] == [
        "Report 'mine': `breakdowns` holds 'dma'",
        "Report 'mine': `breakdowns` holds 'Age'",
    ]


def test_what_contradicts_itself_in_several_ways_is_said_in_each() -> None:
    said = found(
        {
            "access_token": TOKEN,
            **report(
                level="account",
                breakdowns=["place_page_id", HOURLY],
                fields=["reach", "ad_id", "video_play_actions"],
                start_date="2025-01-01",
            ),
        }
    )
    assert len(said) == 5
    assert all(text.startswith("Report 'mine': ") for text in said)


def test_a_long_value_is_cut() -> None:
    (said,) = found({"access_token": TOKEN, "start_date": "x" * 10_000})
    assert len(said) < 200


# One of each kind of sentence; none depends on the day on which the test runs.
KINDS = (
    "there is no setting",
    "is missing",
    "must be of type",
    "Choose one of",
    "must be 0 at least",
    "must be 64 at most",
    "must be above 0",
    "is a secret of another type",
    "holds white space",
    "An account id is digits",
    "has no table for",
    "is not https",
    "Write a day as",
    "Begin with a lower",
    "another stream has its `name`",
    "Did you mean",
    "It is a breakdown",
    "has retired",
    "does not combine",
    "tell by itself",
    "at level",
    "does not tell with",
    "Meta tells only",
    "without which Meta takes none",
    "by which Meta does not filter",
    "by report jobs only",
    "or set `api_version`",
    "a number of days from 1",
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_ends_with_the_sentence(kind: str, tmp_path: Path) -> None:
    configs = ({"access_token": TOKEN, **config} for config, _ in WRONG)
    config, sentence = next(
        (config, said) for config in [{}, *configs] for said in found(config) if kind in said
    )
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tap_meta_ads", "--config", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert any(line.endswith(sentence) for line in done.stderr.splitlines()[-2:])
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


SECRET = r"s3cret/with+odd=signs&'quotes'|%5C-and-a-tail"
META_TOKEN = "EAA" + "madeUp0123456789" * 12


class TestSecrets:
    @pytest.mark.parametrize(
        "config",
        [
            # Of a wrong type.
            {"access_token": [SECRET]},
            {"access_token": {"value": SECRET}},
            {"access_token": {"nested": [{"value": SECRET}]}},
            {"access_token": SECRET + " with white space"},
            {"app_secret": [SECRET]},
            # In a wrong place, where it is quoted as a value or stands within one.
            {"access_token": SECRET, "start_date": SECRET},
            {"access_token": SECRET, "end_date": f"x{SECRET}x"},
            {"access_token": SECRET, "account_ids": SECRET},
            {"access_token": SECRET, "account_ids": [SECRET]},
            {"access_token": SECRET, "account_ids": {"id": SECRET}},
            {"access_token": SECRET, "api_version": SECRET},
            {"access_token": SECRET, "api_url": SECRET},
            {"access_token": SECRET, "api_url": f"https://x.example/?access_token={SECRET}"},
            {"access_token": SECRET, "api_url": f"http://x.example/{SECRET}"},
            {"access_token": SECRET, "insights_mode": SECRET},
            {"access_token": SECRET, SECRET: 1},
            {"access_token": SECRET, "max_concurrency": SECRET},
            {"access_token": SECRET, "insights_reports": {"access_token": SECRET}},
            {"access_token": SECRET, **report(access_token=SECRET)},
            {"access_token": SECRET, **report(fields=[SECRET])},
            {"access_token": SECRET, **report(level=SECRET)},
            {"access_token": SECRET, **report(start_date=SECRET)},
            {"access_token": SECRET, **report(filtering=[{"field": SECRET, "operator": SECRET}])},
            {"access_token": SECRET, "insights_reports": [{"name": SECRET}]},
            {"access_token": SECRET, "stream_maps": {"ads": SECRET}},
            {"access_token": TOKEN, "app_secret": SECRET, "start_date": SECRET},
            # Within what is cut.
            {"access_token": SECRET, "start_date": "x" * 60 + SECRET},
        ],
        ids=lambda config: json.dumps(config)[:60],
    )
    def test_are_not_said(self, config: dict[str, Any]) -> None:
        said = found(config)
        assert said
        text = "\n".join(said)
        for start in range(len(SECRET) - 8):
            assert SECRET[start : start + 9] not in text

    @pytest.mark.parametrize("name", ["start_date", "api_version", "account_ids", "page_size"])
    def test_nor_what_looks_like_metas_token(self, name: str) -> None:
        # Another account's token, pasted into the wrong line.
        (said,) = found({"access_token": TOKEN, name: META_TOKEN})
        assert META_TOKEN[:12] not in said

    names = st.sampled_from([*SCHEMA["properties"], "insights_report"])
    leaves = st.sampled_from([SECRET, f"x {SECRET}", 5, None, True, "ad", "2026-01-01", "act_1"])
    values = st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["name", "fields", "level", "filtering", "start_date", "operator", SECRET]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    )

    @settings(max_examples=150)
    @given(
        st.dictionaries(names, values, max_size=4),
        st.sampled_from([SECRET, [SECRET], {"a": SECRET}]),
    )
    def test_wherever_they_stand(self, config: dict[str, Any], token: object) -> None:
        said = found({**config, "access_token": token})
        assert not any(SECRET in text for text in said)
        assert all("\n" not in text for text in said)
        if token != SECRET:
            assert said
