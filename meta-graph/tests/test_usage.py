"""Meta's usage headers, in all their shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meta_graph import Usage
from meta_graph._usage import ANY, read, stated_wait

BUC = "X-Business-Use-Case-Usage"
SCORE = "x-ad-account-usage"
INSIGHTS = "x-fb-ads-insights-throttle"
APP = "X-App-Usage"


def case(kind: str = "ads_insights", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"type": kind, "call_count": 1, "total_cputime": 1, "total_time": 1, **more}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, []),
        # The header is keyed by account numbers on ads calls, by business ids elsewhere.
        ({BUC: {"1200": [case()]}}, [Usage("1200", "ads_insights", 1)]),
        ({BUC: {"5555": [case(call_count=32)]}}, [Usage("1200", "ads_insights", 32)]),
        (
            {BUC: {"5555": [case(call_count=90)], "1200": [case()]}},
            [Usage("1200", "ads_insights", 1)],
        ),
        (
            {BUC: {"1200": [case("ads_insights"), case("ads_management", total_time=80)]}},
            [Usage("1200", "ads_insights", 1), Usage("1200", "ads_management", 80)],
        ),
        # The largest of the three counts; minutes.
        (
            {BUC: {"1200": [case(total_cputime=99, estimated_time_to_regain_access=5)]}},
            [Usage("1200", "ads_insights", 99, 300)],
        ),
        ({BUC: {"1200": [{"call_count": 7}]}}, [Usage("1200", ANY, 7)]),
        # Seconds, and a wait only when the limit is reached: else it is the window's length.
        (
            {SCORE: {"acc_id_util_pct": 9.67, "reset_time_duration": 100}},
            [Usage("1200", ANY, 9.67)],
        ),
        (
            {SCORE: {"acc_id_util_pct": 100, "reset_time_duration": 100}},
            [Usage("1200", ANY, 100, 100)],
        ),
        ({SCORE: {"acc_id_util_pct": 100}}, [Usage("1200", ANY, 100)]),
        (
            {INSIGHTS: {"app_id_util_pct": 0.01, "acc_id_util_pct": 80}},
            [Usage("1200", "ads_insights", 80), Usage(ANY, "ads_insights", 0.01)],
        ),
        ({INSIGHTS: {"app_id_util_pct": 3}}, [Usage(ANY, "ads_insights", 3)]),
        ({APP: {"call_count": 28, "total_time": 25, "total_cputime": 30}}, [Usage(ANY, ANY, 30)]),
        # Garbage is as good as nothing, and never an error.
        ({BUC: "no JSON"}, []),
        ({BUC: "{"}, []),
        ({BUC: []}, []),
        ({BUC: "null"}, []),
        ({BUC: {"1200": "x"}}, []),
        ({BUC: {"1200": [None, 3, []]}}, []),
        ({BUC: {"1200": []}}, []),
        ({SCORE: {}}, []),
        ({SCORE: {"acc_id_util_pct": "NaN"}}, [Usage("1200", ANY, 0)]),
        ({SCORE: '{"acc_id_util_pct": NaN}'}, [Usage("1200", ANY, 0)]),
        (
            {SCORE: '{"acc_id_util_pct": Infinity, "reset_time_duration": 5}'},
            [Usage("1200", ANY, 0)],
        ),
        ({SCORE: {"acc_id_util_pct": -4}}, [Usage("1200", ANY, 0)]),
        ({SCORE: {"acc_id_util_pct": "85.5"}}, [Usage("1200", ANY, 85.5)]),
        ({SCORE: {"acc_id_util_pct": None}}, [Usage("1200", ANY, 0)]),
        ({SCORE: {"acc_id_util_pct": [1]}}, [Usage("1200", ANY, 0)]),
        ({APP: {"call_count": "many"}}, [Usage(ANY, ANY, 0)]),
    ],
)
def test_read(headers: dict[str, Any], expected: list[Usage]) -> None:
    written = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in headers.items()
    }
    assert read(written, "1200") == expected
    # Header names have no case, and other headers do not matter.
    lowered = {"date": "today", **{name.lower(): value for name, value in written.items()}}
    assert read(lowered, "1200") == expected


def test_a_call_without_an_account_is_told_of_all() -> None:
    headers = {BUC: json.dumps({"1200": [case(call_count=90)]}), SCORE: '{"acc_id_util_pct": 4}'}
    assert read(headers, None) == [Usage(ANY, "ads_insights", 90), Usage(ANY, ANY, 4)]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({BUC: {"1200": [case(estimated_time_to_regain_access=0)]}}, None),
        ({BUC: {"1200": [case(estimated_time_to_regain_access=2)]}}, 120),
        ({BUC: {"9": [case(estimated_time_to_regain_access=2)]}}, 120),
        # Of several limits the one counts that the call falls under.
        (
            {
                BUC: {
                    "1200": [
                        case(estimated_time_to_regain_access=2),
                        case("ads_management", estimated_time_to_regain_access=30),
                    ]
                }
            },
            120,
        ),
        # If Meta calls it otherwise than we do, its wait counts all the same.
        ({BUC: {"1200": [case("instagram", estimated_time_to_regain_access=3)]}}, 180),
        ({SCORE: {"acc_id_util_pct": 100, "reset_time_duration": 300}}, 300),
        ({SCORE: {"acc_id_util_pct": 60, "reset_time_duration": 300}}, None),
        (
            {
                SCORE: {"acc_id_util_pct": 100, "reset_time_duration": 300},
                BUC: {"1200": [case(estimated_time_to_regain_access=2)]},
            },
            300,
        ),
        ({"Retry-After": "17"}, 17),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({APP: {"call_count": 100}}, None),
    ],
)
def test_stated_wait(headers: dict[str, Any], seconds: float | None) -> None:
    written = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in headers.items()
    }
    assert stated_wait(written, "1200", "ads_insights") == seconds
