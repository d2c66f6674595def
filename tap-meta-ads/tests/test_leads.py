"""Reading leads: which ads are asked, how, and what a refusal means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from meta_graph import (
    Call,
    Failure,
    GraphError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads.entities.leads import AD_FIELDS
from tap_meta_ads.entities.listing import CLOCK_TOLERANCE
from tests.track_driver import NOW, START, Reading, page, read, served

DENIED = PermissionDeniedError(Failure("(#200) Requires leads_retrieval permission"))
FOREIGN = PermissionDeniedError(Failure("(#200) No leads access to this page", account="7"))
MISSING = NotFoundError(Failure("Object does not exist", code=100, subcode=33))
BUSY = UnavailableError(Failure("(#2) Service temporarily unavailable"))
TOO_MUCH = TooMuchDataError(Failure("Please reduce the amount of data"))


def stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000")


def ad(number: int, objective: str | None = "OUTCOME_LEADS", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "id": str(number),
        "status": "ACTIVE",
        "updated_time": stamp(NOW),
        "campaign": {"id": "1"} | ({"objective": objective} if objective else {}),
        "adset": {"id": "2"},
        **more,
    }


def lead(number: int, time: datetime = NOW - timedelta(days=1)) -> dict[str, Any]:
    field_data = [{"name": "email", "values": ["robin@example.com"]}]
    return {"id": str(number), "created_time": stamp(time), "field_data": field_data}


class Meta:
    """Answers for ads and their leads; errors come so often for an ad, and then its leads."""

    def __init__(self, leads: dict[int, list[dict[str, Any]]]) -> None:
        self.ads = [ad(number) for number in leads]
        self.leads = {str(number): rows for number, rows in leads.items()}
        self.errors: dict[str, list[GraphError]] = {}
        self.permissions: Any = [
            {"permission": "ads_read", "status": "granted"},
            {"permission": "leads_retrieval", "status": "granted"},
        ]

    def __call__(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.path == "act_7/ads":
            return served(self.ads, call)
        if call.path == "me/permissions":
            denied = isinstance(self.permissions, GraphError)
            return self.permissions if denied else page(self.permissions)
        number, edge = call.path.split("/")
        assert edge == "leads"
        if errors := self.errors.get(number):
            return errors.pop(0)
        return served(self.leads[number], call)


def asked(made: Reading) -> list[list[str]]:
    """The ads of each exchange."""
    return [
        [call.path.split("/")[0] for call in calls]
        for calls in made.asked
        if calls[0].path.endswith("/leads")
    ]


@pytest.mark.parametrize("count", [1, 2, 51, 120])
def test_ads_are_asked_in_batches_behind_the_first(count: int) -> None:
    meta = Meta({number: [lead(number)] for number in range(count)})
    made = read("leads", meta)
    assert {row["id"] for row in made.rows} == set(map(str, range(count)))
    assert len(made.rows) == count
    sizes = [len(ads) for ads in asked(made)]
    assert sizes[0] == 1
    assert sum(sizes) == count
    assert len(sizes) == 1 + -(-(count - 1) // 50)


def test_calls_name_their_account_and_their_limit() -> None:
    made = read("leads", Meta({1: [], 2: [], 3: []}))
    calls = [call for call in made.calls if call.edge == "leads"]
    assert {(call.account, call.use_case) for call in calls} == {("7", "leadgen")}
    (condition,) = calls[0].params["filtering"]
    assert condition == {
        "field": "time_created",
        "operator": "GREATER_THAN",
        "value": int(START.timestamp()) - 1,
    }


@pytest.mark.parametrize(("ads", "limits"), [(2, {500}), (21, {500}), (51, {500, 200})])
def test_the_pages_of_a_batch_fit_into_memory(ads: int, limits: set[int]) -> None:
    made = read("leads", Meta({number: [] for number in range(ads)}))
    assert {call.params["limit"] for call in made.calls if call.edge == "leads"} == limits


def test_each_ad_is_paged_by_itself_and_again_in_batches() -> None:
    meta = Meta(
        {1: [lead(n) for n in range(5)], 2: [lead(10)], 3: [lead(n) for n in range(20, 25)]}
    )
    made = read("leads", meta, page=2)
    assert len({row["id"] for row in made.rows}) == len(made.rows) == 11
    assert asked(made) == [["1"], ["1"], ["1"], ["2", "3"], ["3"], ["3"]]


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        ({}, True),
        ({"campaign": {"objective": "LEAD_GENERATION"}}, True),
        ({"campaign": {"objective": "OUTCOME_SALES"}}, False),
        ({"campaign": {"id": "1"}}, True),
        ({"campaign": None}, True),
        (
            {
                "campaign": {"objective": "OUTCOME_SALES"},
                "adset": {"optimization_goal": "QUALITY_LEAD"},
            },
            True,
        ),
        (
            {
                "campaign": {"objective": "OUTCOME_ENGAGEMENT"},
                "adset": {"destination_type": "ON_AD"},
            },
            True,
        ),
        (
            {
                "campaign": {"objective": "OUTCOME_ENGAGEMENT"},
                "adset": {"destination_type": "ON_POST"},
            },
            False,
        ),
        ({"status": "DELETED"}, True),
        ({"status": "DELETED", "updated_time": stamp(NOW - timedelta(days=96))}, True),
        ({"status": "DELETED", "updated_time": stamp(NOW - timedelta(days=98))}, False),
        ({"status": "ARCHIVED", "updated_time": stamp(NOW - timedelta(days=98))}, False),
        ({"status": "PAUSED", "updated_time": stamp(NOW - timedelta(days=98))}, True),
        ({"status": "DELETED", "updated_time": None}, True),
    ],
    ids=str,
)
def test_which_ads_are_asked(change: dict[str, Any], *, is_asked: bool) -> None:
    meta = Meta({1: [lead(1)]})
    meta.ads[0] |= change
    made = read("leads", meta)
    assert bool(made.rows) is is_asked
    assert asked(made) == ([["1"]] if is_asked else [])


def test_an_ad_that_ended_before_the_bookmark_is_not_asked_again() -> None:
    meta = Meta({1: [lead(1)], 2: [lead(2)]})
    since = NOW - timedelta(days=2)
    meta.ads[0] |= {"status": "ARCHIVED", "updated_time": stamp(since - timedelta(days=8))}
    meta.ads[1] |= {"status": "ARCHIVED", "updated_time": stamp(since - timedelta(days=6))}
    assert asked(read("leads", meta, since=since)) == [["2"]]


def test_no_ads_no_calls() -> None:
    made = read("leads", Meta({}))
    assert len(made.calls) == 1
    assert made.read_to is None


def test_ads_whose_purpose_cannot_be_told_are_all_asked() -> None:
    meta = Meta({1: [lead(1)], 2: [lead(2)]})
    meta.ads = [{"id": "1"}, {"id": "2"}]

    def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.path == "act_7/ads" and call.params["fields"] == AD_FIELDS:
            return UnknownFieldError(Failure("(#100) nonexisting field"), ("destination_type",))
        return meta(call)

    assert len(read("leads", answer).rows) == 2


def test_deleted_ads_have_leads_unless_they_are_not_wanted() -> None:
    for include_deleted in (True, False):
        made = read("leads", Meta({1: []}), include_deleted=include_deleted)
        assert bool(made.calls[0].params["filtering"]) is include_deleted


@pytest.mark.parametrize("status", ["declined", None])
def test_without_the_permission_one_ad_is_asked(status: str | None) -> None:
    meta = Meta({number: [lead(number)] for number in range(120)})
    meta.errors = {number: [DENIED] for number in meta.leads}
    meta.permissions.pop()
    if status:
        meta.permissions.append({"permission": "leads_retrieval", "status": status})
    made = Reading()
    with pytest.raises(PermissionDeniedError):
        read("leads", meta, made)
    assert [len(ads) for ads in asked(made)] == [1]
    assert [call.path for call in made.calls] == ["act_7/ads", "0/leads", "me/permissions"]


@pytest.mark.parametrize(
    "told", [None, [], [{}], RequestError(Failure("no such edge")), FOREIGN], ids=str
)
@pytest.mark.parametrize("denied", [(1,), (1, 2), (3,), (1, 2, 3, 4)])
def test_ads_of_pages_that_are_not_ours_cost_only_themselves(
    denied: tuple[int, ...],
    told: Any,  # noqa: ANN401 - an answer
) -> None:
    meta = Meta({number: [lead(number)] for number in range(1, 6)})
    meta.permissions = meta.permissions if told is None else told
    meta.errors = {str(number): [FOREIGN] for number in denied}
    made = read("leads", meta)
    assert {int(row["id"]) for row in made.rows} == {1, 2, 3, 4, 5} - {*denied}
    asked_for = [call for call in made.calls if call.path == "me/permissions"]
    assert len(asked_for) == (1 in denied)
    lines = [line for line in made.log if "ads are left out" in line]
    assert len(lines) == 1
    assert f"{len(denied)} of 5 ads are left out: account 7: (#200) No leads access" in lines[0]
    assert "Business settings" in lines[0]
    assert made.read_to is not None
    assert [result.left_out for result in made.results[:-1]] == [()] * (len(made.results) - 1)
    assert sorted(made.results[-1].left_out) == [str(number) for number in denied]
    assert "Business settings" in str(made.results[-1].denied)


@pytest.mark.parametrize("count", [1, 3, 60])
def test_an_account_of_which_no_ad_may_be_read_is_left_out(count: int) -> None:
    meta = Meta({number: [] for number in range(count)})
    meta.errors = {number: [FOREIGN] for number in meta.leads}
    made = Reading()
    with pytest.raises(PermissionDeniedError):
        read("leads", meta, made)
    assert sum(map(len, asked(made))) == count


def test_an_ad_that_was_left_out_is_read_whole_once_it_can_be() -> None:
    since, before = NOW - timedelta(days=3), NOW - timedelta(days=80)
    meta = Meta({number: [lead(number, NOW - timedelta(days=40))] for number in range(1, 4)})
    meta.ads[1] |= {"status": "ARCHIVED", "updated_time": stamp(before)}
    meta.ads[2] |= {"status": "ARCHIVED", "updated_time": stamp(before)}
    made = read("leads", meta, since=since, behind=frozenset("12"))
    first = {
        call.path: call.params["filtering"][0]["value"] + 1
        for call in made.calls
        if call.edge == "leads"
    }
    # The third has ended, and was read; the second has ended, and was not.
    assert first == dict.fromkeys(("1/leads", "2/leads"), int(START.timestamp()))
    assert made.read_to == since
    assert made.results[-1].left_out == ()


def test_a_part_that_fails_for_a_moment_is_asked_alone_then_the_others_together() -> None:
    meta = Meta({number: [lead(number)] for number in range(1, 6)})
    meta.errors = {"2": [BUSY], "3": [BUSY], "5": [BUSY]}
    made = read("leads", meta)
    assert sorted(row["id"] for row in made.rows) == ["1", "2", "3", "4", "5"]
    assert asked(made) == [["1"], ["2", "3", "4", "5"], ["2"], ["3", "5"]]


def test_what_fails_also_alone_is_an_error() -> None:
    meta = Meta({1: [], 2: [lead(2)], 3: [lead(3)]})
    meta.errors = {"2": [BUSY, BUSY]}
    with pytest.raises(UnavailableError):
        read("leads", meta)


def test_an_ad_that_is_gone_costs_only_itself() -> None:
    meta = Meta({1: [lead(1)], 2: [lead(2)], 3: [lead(3)]})
    meta.errors = {"1": [MISSING], "3": [MISSING]}
    made = read("leads", meta)
    assert [row["id"] for row in made.rows] == ["2"]
    assert any("3/leads" in line for line in made.log)
    # It was just listed: it may be gone for this token alone, and come back.
    assert sorted(made.results[-1].left_out) == ["1", "3"]


@pytest.mark.parametrize("count", [1, 3, 60])
def test_when_no_ad_can_be_read_it_is_no_matter_of_single_ads(count: int) -> None:
    meta = Meta({number: [] for number in range(count)})
    meta.errors = {number: [MISSING] for number in meta.leads}
    with pytest.raises(NotFoundError):
        read("leads", meta)


def test_a_page_too_large_is_halved() -> None:
    meta = Meta({1: [], 2: [lead(2), lead(3)], 3: [lead(4)]})
    meta.errors = {"2": [TOO_MUCH, TOO_MUCH], "3": [TOO_MUCH]}
    made = read("leads", meta)
    assert sorted(row["id"] for row in made.rows) == ["2", "3", "4"]
    limits = [call.params["limit"] for call in made.calls if call.path == "2/leads"]
    assert limits == [500, 250, 125]


def test_a_refused_field_is_left_out() -> None:
    refused = UnknownFieldError(Failure("(#100) nonexisting field"), ("vehicle",))
    meta = Meta({1: [], 2: [lead(2)], 3: [lead(3)]})
    meta.errors = {"2": [refused], "3": [refused]}
    made = read("leads", meta)
    assert sorted(row["id"] for row in made.rows) == ["2", "3"]
    assert list(made.left_out) == ["vehicle"]
    assert "vehicle" not in made.calls[-1].params["fields"]


def test_a_dead_cursor_begins_the_ad_again() -> None:
    meta = Meta({1: [lead(n) for n in range(3)]})
    dead = RequestError(Failure("(#100) The cursor is no longer valid"))
    failed = False

    def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
        nonlocal failed
        if call.params.get("after") and not failed:
            failed = True
            return dead
        return meta(call)

    made = read("leads", answer, page=2)
    assert [row["id"] for row in made.rows] == ["0", "1", "0", "1", "2"]


def test_pages_in_a_circle_are_an_error() -> None:
    meta = Meta({1: []})

    def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
        return page([lead(1)], "a") if call.path == "1/leads" else meta(call)

    with pytest.raises(UnavailableError, match="circle"):
        read("leads", answer)


def test_only_the_last_task_moves_the_bookmark() -> None:
    newest = NOW - timedelta(hours=2)
    meta = Meta({number: [lead(number, newest)] for number in range(60)})
    made = read("leads", meta, since=NOW - timedelta(days=3))
    assert [result.read_to for result in made.results] == [None] * 3 + [newest]


@pytest.mark.parametrize(
    ("time", "expected"),
    [(None, NOW - timedelta(days=3)), (NOW - timedelta(seconds=9), NOW - CLOCK_TOLERANCE)],
)
def test_the_bookmark_stays_before_the_run(time: datetime | None, expected: datetime) -> None:
    meta = Meta({1: [lead(1, time)] if time else []})
    assert read("leads", meta, since=NOW - timedelta(days=3)).read_to == expected


def test_nobody_is_named_in_the_log() -> None:
    meta = Meta({number: [lead(number)] for number in range(4)})
    meta.errors = {"1": [TOO_MUCH], "2": [MISSING], "3": [BUSY]}
    made = read("leads", meta)
    assert made.log
    assert not [line for line in made.log if "robin" in line.lower()]
