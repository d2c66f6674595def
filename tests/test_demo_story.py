"""The demo's two days, and what it tells of the second."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest

from demo import round_trip
from demo.changes import Snapshot, told
from demo.meltano import MeltanoError
from demo.story import Story
from meta_sandbox import DEFAULT_TOKEN, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import psycopg

    from demo.meltano import Meltano

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=timezone.utc)
MONDAY = date(2026, 11, 16)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def titles(story: Story) -> list[str]:
    return [day.title for day in story.days()]


def test_a_new_advertiser_has_two_days_and_each_later_call_one(tmp_path: Path) -> None:
    story = Story(tmp_path, {}, NOW)
    first, second = story.days()
    assert (first.title, second.title) == (
        "The first day, 2026-11-21",
        "The second day, 2026-11-22",
    )
    assert "--now=2026-11-21T06:30:00+00:00" in story.options()
    crm = {"META_ADS_CRM_EXAMPLE_TODAY": "2026-11-21"}
    assert first.environment() == {**crm, "META_ADS_ACTIVATION_TODAY": "2026-11-21"}
    assert second.environment() == crm
    story.end(first)
    story.end(second)
    later = Story(tmp_path, {}, NOW + timedelta(days=5))
    assert titles(later) == ["Today, 2026-11-27"]
    assert "--now=2026-11-27T06:30:00+00:00" in later.options()
    assert later.days()[0].environment() == crm


def test_a_first_day_that_was_not_finished_is_played_again(tmp_path: Path) -> None:
    Story(tmp_path, {}, NOW)
    again = Story(tmp_path, {}, NOW + timedelta(days=2))
    assert titles(again) == ["The first day, 2026-11-21", "The second day, 2026-11-24"]


class Said:
    """A Meltano that says some lines, and fails after them if it is to."""

    def __init__(self, *lines: str, fails: bool) -> None:
        self.lines, self.fails = lines, fails

    def run(self, _: Sequence[str], on_line: Callable[[str], None]) -> None:
        for line in self.lines:
            on_line(line)
        if self.fails:
            raise MeltanoError("no")


def test_a_block_that_fails_is_the_stage_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(
        "2026-11-22T06:45:18Z [info     ] meltano      Block run completed",
        "2026-11-22T06:45:19Z [error    ] meltano      Block run completed",
        fails=True,
    )
    with pytest.raises(MeltanoError):
        round_trip.travel(cast("Meltano", said))
    first, second = capsys.readouterr().out.splitlines()
    assert " ok" in first
    assert "Star schema" in second
    assert "failed" in second


class Warehouse:
    """Knows which campaign was seen most; stands in for a connection, which is asked just that."""

    def __init__(self, campaign: str) -> None:
        self.campaign = campaign
        self.asked = 0

    def execute(self, _: str) -> list[tuple[str]]:
        self.asked += 1
        return [(self.campaign,)]


def test_the_campaign_keeps_its_new_name_over_processes_of_the_sandbox(tmp_path: Path) -> None:
    story = Story(tmp_path, {}, NOW)
    first, second = story.days()
    for _ in range(2):
        with Sandbox(accounts=1, ads=4, days=5, now=first.at) as sandbox:
            campaign = sandbox.world.campaigns(sandbox.world.accounts[0])[0]
            warehouse = Warehouse(campaign.id)
            connection = cast("psycopg.Connection[Any]", warehouse)
            assert sandbox.token == DEFAULT_TOKEN
            story.begin(first, sandbox.url, connection)
            assert sandbox.requests() == []
            story.begin(second, sandbox.url, connection)
            names = {str(one["id"]): one["name"] for one in sandbox.truth("campaigns")}
            assert names[campaign.id] == "Autumn launch"
    assert warehouse.asked == 0  # the second sandbox was told what the first one was
    assert json.loads((tmp_path / "renamed.json").read_text()) == {campaign.id: "Autumn launch"}


def purchases(**days: int) -> Snapshot:
    known = {"monday": MONDAY, "tuesday": TUESDAY, "wednesday": WEDNESDAY}
    return Snapshot(purchases={(7, known[name]): Decimal(many) for name, many in days.items()})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Snapshot(), purchases(monday=3), None),
        (purchases(monday=3), purchases(monday=3, tuesday=9), None),
        # The last day was not over yet.
        (purchases(monday=3, tuesday=4), purchases(monday=3, tuesday=9), None),
        (
            purchases(monday=3, tuesday=4, wednesday=1),
            purchases(monday=5, tuesday=5, wednesday=8),
            (
                "Conversions came late: 3 purchases more on 2 days that were over already, most on "
                "2026-11-16: 3 -> 5."
            ),
        ),
        # Fewer are no late ones.
        (purchases(monday=3, tuesday=4, wednesday=1), purchases(monday=2, tuesday=4), None),
        (Snapshot(names={1: "a", 2: "b"}), Snapshot(names={1: "a", 2: "b", 3: "c"}), None),
        (
            Snapshot(names={1: "a", 2: "b"}),
            Snapshot(names={1: "a\n", 2: "b"}),
            (
                "A campaign was renamed: a -> a\\n. dim_campaign has the new name, "
                "dim_campaign_history both."
            ),
        ),
        (Snapshot(members={"x": 3}), Snapshot(members={"x": 3, "y": 1}), None),
        (Snapshot(members={"x": 3}), Snapshot(members={"x": 4}), None),
        (
            Snapshot(members={"x": 3}),
            Snapshot(members={"x": 1}, people={"x": 2}),
            "2 left the audience x, which has 1 of 3 now; Meta has 2.",
        ),
    ],
)
def test_what_is_told_of_a_run(before: Snapshot, after: Snapshot, expected: str | None) -> None:
    assert told(before, after) == ([] if expected is None else [expected])
