"""Reading activities: windows, and ids for what has none."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meta_graph import Failure, RequestError, UnavailableError, UnknownFieldError
from tap_meta_ads.accounts import Account
from tap_meta_ads.entities.activities import WINDOW, windows
from tap_meta_ads.entities.listing import CLOCK_TOLERANCE
from tests.track_driver import NOW, START, Reading, in_turn, page, read, served

if TYPE_CHECKING:
    from meta_graph import Call

HOUR = timedelta(hours=1)


def activity(time: datetime, **more: object) -> dict[str, Any]:
    return {
        "event_time": time.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "event_type": "update_ad_run_status",
        "object_id": "120330000000000001",
        "actor_id": "100",
        "actor_name": "Robin Maker",
        "extra_data": '{"old_value":"Active","new_value":"Inactive"}',
        **more,
    }


def ids(*activities: dict[str, Any], **more: Any) -> list[str]:  # noqa: ANN401 - fields of a track
    made = read("activities", in_turn(page(list(activities))), **{"since": NOW - HOUR, **more})
    return [row["id"] for row in made.rows]


AT = NOW - HOUR / 2


def test_the_id_is_the_same_on_every_run() -> None:
    (first,) = ids(activity(AT))
    assert ids(activity(AT), since=NOW - 2 * HOUR) == [first]
    # Pinned: were it to change, loaded activities would come again under other ids.
    assert first == "f0283e2f8582c83debd4150a9262a652"


@pytest.mark.parametrize(
    "same",
    [
        {"actor_name": "Robin Married"},
        {"object_name": "renamed", "tool": "ADS_MANAGER", "translated_event_type": "Anders"},
        {"extra_data": '{"new_value": "Inactive", "old_value": "Active"}'},
        {"event_time": (AT + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+0200")},
    ],
    ids=["actor", "names", "order", "zone"],
)
def test_what_does_not_change_the_id(same: dict[str, str]) -> None:
    assert ids(activity(AT, **same)) == ids(activity(AT))


@pytest.mark.parametrize(
    "other",
    [
        {"event_time": "2026-11-20T11:31:00+0000"},
        {"event_type": "create_ad"},
        {"object_id": "120330000000000002"},
        {"actor_id": "101"},
        {"application_id": "5"},
        {"extra_data": "{}"},
        {"extra_data": "{broken"},
        {"extra_data": None},
    ],
    ids=str,
)
def test_what_changes_the_id(other: dict[str, str]) -> None:
    assert ids(activity(AT, **other)) != ids(activity(AT))


def test_two_accounts_have_different_ids() -> None:
    assert ids(activity(AT)) != ids(activity(AT), account=Account("8"))


def test_equal_activities_are_numbered_also_across_pages() -> None:
    same = [activity(AT), activity(AT), activity(AT, actor_id="5"), activity(AT)]
    made = read("activities", lambda call: served(same, call), since=NOW - HOUR, page=1)
    first, second, other, third = (row["id"] for row in made.rows)
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert not other.startswith(first)


def test_a_listing_that_begins_again_numbers_anew() -> None:
    dead = RequestError(Failure("(#100) The cursor is no longer valid"))
    same = page([activity(AT), activity(AT)])
    first = page([activity(AT)], "a")
    made = read("activities", in_turn(first, dead, same), since=NOW - HOUR)
    names = [row["id"] for row in made.rows]
    assert names == [names[0], names[0], f"{names[0]}-2"]


def test_an_id_that_meta_might_send_is_not_taken() -> None:
    assert ids(activity(AT, id="5")) == ids(activity(AT))


def test_all_else_of_a_row_stays_as_meta_wrote_it() -> None:
    (row,) = read("activities", in_turn(page([activity(AT)])), since=NOW - HOUR).rows
    del row["id"]
    assert row == activity(AT)


def test_the_members_of_the_id_are_always_asked_for() -> None:
    from tap_meta_ads.entities.definitions import ACTIVITIES  # noqa: PLC0415 - of no other test here

    asked = ACTIVITIES.asked(("id", "account_id", "event_time", "actor_name"), "v26.0")
    assert set(asked) == {*ACTIVITIES.identity, "actor_name"}


def test_a_member_of_the_id_that_meta_no_longer_has_is_left_out() -> None:
    refused = UnknownFieldError(Failure("(#100) nonexisting field"), ("application_id",))
    made = read("activities", in_turn(refused, page([activity(AT)])), since=NOW - HOUR)
    assert [row["id"] for row in made.rows] == ids(activity(AT))
    assert list(made.left_out) == ["application_id"]


def test_rows_that_are_none_are_left_to_the_stream() -> None:
    odd = page([])
    odd.data.append(msgspec.Raw(b"[]"))
    rows: list[Any] = [*read("activities", lambda _: odd, since=NOW - HOUR).rows]
    assert rows == [[]]


def test_the_first_run_reads_windows_the_oldest_first() -> None:
    made = read("activities", lambda _: page([]))
    asked = [(call.params["since"], call.params["until"]) for call in made.calls]
    assert len(asked) == 5
    assert asked[0][0] == int(START.timestamp()) - 1
    assert asked[-1][1] == int(NOW.timestamp())
    # One overlaps the next, whatever Meta counts in.
    assert all(until >= since + 2 for (_, until), (since, _) in pairwise(asked))
    assert [result.read_to for result in made.results] == [
        *(START + WINDOW * n for n in range(1, 5)),
        START + WINDOW * 4,
    ]


@pytest.mark.parametrize("inclusive", [True, False])
def test_windows_neither_repeat_nor_lose(*, inclusive: bool) -> None:
    edge = START + WINDOW
    times = [START, edge - timedelta(seconds=1), edge, edge + timedelta(seconds=1), NOW - HOUR]
    there = [activity(time) for time in reversed(times)]

    def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
        since, until = call.params["since"], call.params["until"]
        found = []
        for row in there:
            at = datetime.strptime(row["event_time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
            if since <= at <= until if inclusive else since < at < until:
                found.append(row)
        return served(found, call)

    made = read("activities", answer)
    assert sorted(row["event_time"] for row in made.rows) == sorted(
        row["event_time"] for row in there
    )
    assert len({row["id"] for row in made.rows}) == len(times)


def test_an_interrupted_first_run_keeps_the_windows_before() -> None:
    made = Reading()
    lost = UnavailableError(Failure("gone"))
    with pytest.raises(UnavailableError):
        read("activities", in_turn(page([]), page([]), lost), made)
    assert made.read_to == START + 2 * WINDOW
    again = read("activities", lambda _: page([]), since=made.read_to)
    assert again.calls[0].params["since"] == int((START + 2 * WINDOW).timestamp()) - 1


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (None, NOW - HOUR),
        (NOW - HOUR / 2, NOW - HOUR / 2),
        (NOW - timedelta(minutes=1), NOW - CLOCK_TOLERANCE),
    ],
)
def test_the_bookmark_stays_before_the_run(time: datetime | None, expected: datetime) -> None:
    there = [activity(time)] if time else []
    assert read("activities", in_turn(page(there)), since=NOW - HOUR).read_to == expected


@given(
    since=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - zone below
    probe=st.integers(min_value=0, max_value=86_400 * 730),
)
def test_each_second_belongs_to_one_window(since: datetime, probe: int) -> None:
    first = since.replace(tzinfo=NOW.tzinfo)
    laid = windows(first, NOW)
    assert [one.is_last for one in laid] == [False] * (len(laid) - 1) + [True]
    time = min(first, NOW).replace(microsecond=0) + timedelta(seconds=probe)
    assert sum(window.holds(time) for window in laid) == 1
    assert all(window.until - window.since <= WINDOW + timedelta(seconds=1) for window in laid)
