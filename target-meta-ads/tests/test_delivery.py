"""Several destinations together: nothing waits for one that has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_meta_ads.delivery.delivery import MOST_HELD, MOST_WAITING
from tests.fake_meta import GONE, TOO_MUCH, FakeMeta, digest, packed, refusal
from tests.fake_run import working

if TYPE_CHECKING:
    from pathlib import Path


def names(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


def test_what_would_be_split_is_not_sent_once_the_audience_has_failed(tmp_path: Path) -> None:
    meta = FakeMeta(
        refuses=lambda asked: refusal(*GONE) if "FN" in asked.schema else None,
        is_invalid=lambda row: "bad" if row["EXTERN_ID"] < "p00020" else None,
        most_named=1,
    )
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "first", packed("first", "x", FN="y"))
        run.people(people, names(100))
        run.state(1)
        run.settle()
        assert people.failed is not None
        assert run.states == []
        assert run.counts() == {"received": 101, "rejected": 1, "undelivered": 100}
    assert len(meta.log) == 2


def test_a_search_ends_once_the_pixel_has_failed(tmp_path: Path) -> None:
    meta = FakeMeta(
        refuses=lambda asked: refusal(10) if "x00000" in asked.ids else None,
        is_bad=lambda one: one["event_id"] == "y00007",
    )
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, names(1_000, "x"))
        run.events(pixel, names(1_000, "y"))
        run.state(1)
        run.settle()
        assert pixel.failed is not None
        assert run.states == []
        assert run.counts() == {"received": 2_000, "undelivered": 2_000}
    assert len(meta.log) == 2


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_dead_token_ends_searches_and_halves_too(tmp_path: Path, first: int) -> None:
    meta = FakeMeta(
        refuses=lambda asked: (
            refusal(190)
            if "x" in asked.ids
            else refusal(*TOO_MUCH)
            if asked.path.endswith("/users") and len(asked.data) > 5
            else None
        ),
        is_bad=lambda one: one["event_id"] == "p00007",
    )
    with working(tmp_path, meta, pick=lambda count: min(first, count - 1)) as run:
        pixel, dead, large = run.pixel(), run.audience("1"), run.audience("2")
        run.people(dead, ["x"])
        run.events(pixel, names(10))
        run.people(large, names(10))
        run.state(1)
        run.settle()
        assert run.delivery.stopped is not None
        assert run.states == []
        assert run.report.delivered + run.report.undelivered == 21
        assert len(list(run.delivery.failures)) == 1


def test_a_person_of_whom_meta_does_not_name_the_bad_row(tmp_path: Path) -> None:
    bad = digest("bad")
    meta = FakeMeta(
        is_invalid=lambda row: "bad" if row["EMAIL"] == bad else None,
        most_named=0,
        most_requests=20,
    )
    with working(tmp_path, meta) as run:
        audience, replacement = run.audience("1"), run.replacement("2")
        for people in (audience, replacement):
            run.person(people, "a", packed("a", "good"))
            run.person(people, "b", packed("b", "bad", "good too"))
        run.settle()
        run.delivery.replace(replacement)
        assert [one["key"] for one in run.rejects()] == [{"id": "b"}] * 2
    assert meta.ids("1") == ["a", "b"]
    assert meta.ids("2") == ["a", "b"]


def test_two_that_fail_are_told_of_once_each(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(*GONE) if asked.target != "3" else None)
    with working(tmp_path, meta) as run:
        for audience in ("1", "2", "3"):
            run.people(run.audience(audience), ["a"])
        run.settle()
        assert [line.split(":")[0] for line in run.delivery.failures] == [
            "audience 1",
            "audience 2",
        ]


def test_of_many_audiences_only_so_many_records_are_held(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta, pick=lambda _: 0) as run:
        audiences = [run.audience(str(number)) for number in range(12)]
        for audience in audiences:
            run.people(audience, names(4_900))
            run.delivery.tick()
            assert sum(one.held for one in audiences) <= MOST_HELD
        run.state(1)
        run.settle()
        assert run.states == [1]
    assert all(len(meta.members[audience.audience_id]) == 4_900 for audience in audiences)


def test_reading_waits_while_too_much_waits_to_be_sent(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta, most=2) as run:
        pixel = run.pixel()
        for batch in range(8):
            run.events(pixel, names(1_000, f"b{batch}-"))
            assert run.sends.in_flight <= 2
            assert pixel.waiting <= MOST_WAITING
        assert len(meta.log) == 8 - 2 - MOST_WAITING
        run.settle()
        assert run.counts() == {"received": 8_000, "delivered": 8_000}
