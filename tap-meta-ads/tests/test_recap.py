from __future__ import annotations

import json
from decimal import Decimal

import pytest
from singer_sdk.metrics import Point

from tap_meta_ads.summary.recap import MetaMetric, Recap, Tally, as_json, metrics
from tap_meta_ads.summary.wording import sentence

RUN = "8c1f0a2b77e14d50a3f1f2a98d0c4be6"

# In words.

FULL = Recap(
    RUN,
    250.4,
    90.0,
    (
        Tally("", "", requests=1),
        Tally(
            "123",
            "ads_insights",
            rows=12000,
            windows=13,
            jobs=1,
            splits=2,
            requests=300,
            retries=1,
            seconds_waited=90.0,
            spend=Decimal("1234.50"),
            currency="EUR",
            fields_left_out={"gone": "refused", "old": "refused"},
            new_fields={"fresh": 12000},
            misfits={"clicks": 1},
        ),
        Tally("123", "ads_insights_country", rows=400, spend=Decimal("1234.5"), currency="EUR"),
        Tally("789", "ads_insights", spend=Decimal("0.05")),
        Tally("456", "ads_insights", requests=1, skipped="No permission."),
        Tally("456", "ads", requests=1, skipped="No permission, again."),
        Tally("999", "", skipped="It is closed."),
    ),
    {("123", "ads_insights"): 87.25, ("", ""): 3.0},
)


def test_a_full_sentence() -> None:
    assert sentence(FULL) == (
        "Run 8c1f0a2b took 4 min 10 s: 12,400 rows of 2 streams and 2 accounts, 303 calls, "
        "1 report job, 13 windows, 2 splits, 1 retry, 1 min 30 s waited; "
        "highest usage 87.25 % (ads_insights of account 123); "
        "spend 1,234.50 EUR (ads_insights, ads_insights_country), "
        "0.05 of unknown currency (ads_insights); "
        "fields left out: ads_insights.gone, ads_insights.old; "
        "fields newly sent: ads_insights.fresh (at least 12,000 rows); "
        "values left empty: ads_insights.clicks (1 row); "
        "left out: account 456 of ads_insights, ads (No permission), account 999 (It is closed)."
    )


@pytest.mark.parametrize(
    ("recap", "words"),
    [
        (Recap(RUN, 0.26), "Run 8c1f0a2b took 0.3 s: nothing read."),
        (
            Recap(RUN, 3, 0.4, (Tally("1", "ads", spend=Decimal()),), {("1", ""): 0.0}),
            "Run 8c1f0a2b took 3.0 s: 0 rows of 1 stream and 1 account.",
        ),
        (
            Recap(RUN, 7500, 0, (Tally("1", "ads", rows=1),), {("1", ""): 100.0}),
            (
                "Run 8c1f0a2b took 2 h 5 min: 1 row of 1 stream and 1 account; "
                "highest usage 100 % (account 1)."
            ),
        ),
        (
            Recap(RUN, 59.7, 0, (), {("", "ads_insights"): 12.0}),
            "Run 8c1f0a2b took 1 min: nothing read; highest usage 12 % (ads_insights of the app).",
        ),
        (
            Recap(
                RUN,
                42,
                0,
                (
                    *(Tally("1", f"ads_{n}", spend=Decimal("1.50"), currency="EUR") for n in "abc"),
                    Tally("1", "ads_d", spend=Decimal("1.49"), currency="EUR"),
                ),
            ),
            (
                "Run 8c1f0a2b took 42 s: 0 rows of 4 streams and 1 account; "
                "spend 1.50 EUR (ads_a and 2 other streams), 1.49 EUR (ads_d)."
            ),
        ),
        (
            # The same report of two accounts is summed, other currencies are not.
            Recap(
                RUN,
                42,
                0,
                (
                    Tally("1", "ads", spend=Decimal("0.10"), currency="EUR"),
                    Tally("2", "ads", spend=Decimal("0.2"), currency="EUR"),
                    Tally("3", "ads", spend=Decimal(5000), currency="JPY"),
                ),
            ),
            (
                "Run 8c1f0a2b took 42 s: 0 rows of 1 stream and 3 accounts; "
                "spend 0.30 EUR (ads), 5,000 JPY (ads)."
            ),
        ),
    ],
)
def test_sentences_leave_out_what_is_zero(recap: Recap, words: str) -> None:
    assert sentence(recap) == words


# For machines.

KEYS = {
    *("account_id", "stream", "rows", "windows", "jobs", "splits", "requests", "retries"),
    *("seconds_waited", "spend", "currency", "fields_left_out", "new_fields", "misfits", "skipped"),
}


def test_json_has_stable_keys_and_all_digits() -> None:
    found = json.loads(json.dumps(as_json(FULL)))
    assert found.keys() == {"run_id", "seconds", "totals", "streams", "usage"}
    assert found["run_id"] == RUN
    assert found["totals"] == {
        "rows": 12400,
        "windows": 13,
        "jobs": 1,
        "splits": 2,
        "requests": 303,
        "retries": 1,
        "seconds_waited": 90.0,
    }
    assert all(one.keys() == KEYS for one in found["streams"])
    whole, insights, *_, closed = found["streams"]
    assert (whole["account_id"], whole["stream"], whole["spend"]) == (None, None, None)
    assert (insights["spend"], insights["currency"]) == ("1234.50", "EUR")
    assert insights["fields_left_out"] == {"gone": "refused", "old": "refused"}
    assert (closed["account_id"], closed["stream"]) == ("999", None)
    assert closed["skipped"] == "It is closed."
    assert found["usage"] == [
        {"account_id": "123", "use_case": "ads_insights", "percent": 87.25},
        {"account_id": None, "use_case": None, "percent": 3.0},
    ]


def test_every_tally_field_is_in_the_json() -> None:
    assert set(Tally.__dataclass_fields__) == KEYS


def test_metrics_are_points_of_the_sdk() -> None:
    points = [
        json.loads(str(Point(one.metric.metric_type, one.metric, one.value, one.tags)))  # type: ignore[arg-type] # an Enum like its own
        for one in metrics(FULL)
    ]
    for point in points:
        assert point["type"] in {"counter", "timer", "gauge"}
        assert isinstance(point["value"], int | float)
        assert point["value"] > 0
        assert point["tags"].pop("pid") > 0
    tags = {"stream": "ads_insights", "context": {"account_id": "123"}}
    expected = {
        "meta_requests": 300,
        "meta_windows": 13,
        "meta_jobs": 1,
        "meta_splits": 2,
        "meta_retries": 1,
        "meta_fields_left_out": 2,
        "meta_new_fields": 1,
        "meta_misfits": 1,
    }
    for name, value in expected.items():
        assert {"type": "counter", "metric": name, "value": value, "tags": tags} in points
    waited = {"type": "timer", "metric": "meta_seconds_waited", "value": 90.0, "tags": tags}
    assert waited in points
    spend = {"type": "counter", "metric": "meta_spend", "value": 1234.5}
    assert {**spend, "tags": {**tags, "currency": "EUR"}} in points
    usage = {"type": "gauge", "metric": "meta_usage_percent", "value": 87.25}
    limit = {"use_case": "ads_insights", "context": {"account_id": "123"}}
    assert {**usage, "tags": limit} in points
    skipped = [point for point in points if point["metric"] == "meta_skipped"]
    assert [point["tags"]["context"]["account_id"] for point in skipped] == ["456", "456", "999"]
    assert {point["metric"] for point in points} == {metric.value for metric in MetaMetric}
