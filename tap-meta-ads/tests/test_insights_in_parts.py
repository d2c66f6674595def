"""Windows that are too large for Meta: read in parts, put together, and no row lost by it."""

from __future__ import annotations

from typing import Any

import pytest

from meta_graph import (
    Call,
    Failure,
    GraphError,
    PermissionDeniedError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads.insights.windows import Answered
from tests.track_driver import in_turn, page
from tests.window_driver import TOO_MUCH, rows, run, submitted, track, window

ALL = {"ACTIVE", "ARCHIVED"}


class Meta:
    """Makes at most so many cells (rows times fields) in one answer; the rest it refuses.

    Every second ad is archived: filters that say nothing of the status leave it out.
    """

    def __init__(self, ads: int, bearable: int) -> None:
        self.ads = {
            str(n): {"spend": f"{n}.25", "clicks": str(n), "actions": []} for n in range(ads)
        }
        self.bearable = bearable
        self.jobs: dict[str, list[dict[str, Any]]] = {}

    def __call__(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.path.endswith("/insights") and not call.path.startswith("act_"):
            return page(self.jobs[call.path.split("/")[0]])
        asked = set(call.params["fields"])
        ids = set(self.ads)
        filters = {one["field"]: {*one["value"]} for one in call.params.get("filtering") or ()}
        if "ARCHIVED" not in filters.pop("ad.effective_status", {"ACTIVE"} if filters else ALL):
            ids -= {n for n in ids if int(n) % 2}
        for chosen in filters.values():
            ids &= chosen
        metrics = asked & {"spend", "clicks", "actions"}
        if len(ids) * len(metrics) > self.bearable:
            return TOO_MUCH
        made = [
            {
                "ad_id": n,
                "date_start": "2026-01-01",
                **{name: self.ads[n][name] for name in metrics},
            }
            for n in sorted(ids, key=int)
        ]
        if call.method == "GET":
            return page(made)
        self.jobs[str(len(self.jobs) + 1)] = made
        return submitted(len(self.jobs))


@pytest.mark.parametrize("mode", ["async", "sync"])
@pytest.mark.parametrize("bearable", [1, 2, 3, 6, 10, 29, 30])
def test_a_period_too_large_is_read_in_parts_and_put_together(mode: str, bearable: int) -> None:
    meta = Meta(10, bearable)
    result, handed, _ = run(track(mode), window(by_job=mode == "async"), meta)
    assert result.rows == 10
    found = {row["ad_id"]: row for row in handed}
    assert len(handed) == 10
    assert {n: {k: row[k] for k in meta.ads[n]} for n, row in found.items()} == meta.ads


def test_a_field_that_alone_is_too_much_is_left_empty_and_named() -> None:
    meta = Meta(3, 100)
    reader = track("async")

    def stubborn(call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.method == "POST" and "actions" in call.params["fields"]:
            return TOO_MUCH
        return meta(call)

    _, handed, _ = run(reader, window(by_job=True), stubborn)
    assert [row["spend"] for row in handed] == ["0.25", "1.25", "2.25"]
    assert all("actions" not in row for row in handed)
    assert list(reader.refused) == ["actions"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("level", ["account", "ad"])
def test_rows_that_are_too_many_whatever_the_fields_are_an_error(level: str) -> None:
    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.params["fields"] == ["ad_id"]:
            return page([{"ad_id": "1"}])
        return TOO_MUCH

    reader = track("sync", level=level)
    with pytest.raises(TooMuchDataError, match="take a breakdown out of the report"):
        run(reader, window(), meta)
    assert not reader.refused  # type: ignore[attr-defined]


def test_a_day_on_which_no_ad_has_figures_is_empty_however_large_meta_takes_it_for() -> None:
    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        return page([]) if call.params["fields"] == ["ad_id"] else TOO_MUCH

    result, handed, _ = run(track("sync"), window(), meta)
    assert (result, handed) == (Answered(window(), 0), [])


def test_a_row_that_does_not_say_whose_it_is_is_an_error() -> None:
    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        return page([{"spend": "1"}]) if call.params["fields"] == ["ad_id"] else TOO_MUCH

    with pytest.raises(UnavailableError, match="without ad_id"):
        run(track("sync"), window(), meta)


@pytest.mark.parametrize("breakdowns", [(), ("age",)])
def test_ads_are_not_found_by_figures_that_rows_with_breakdowns_do_not_have(
    breakdowns: tuple[str, ...],
) -> None:
    few = {"field": "impressions", "operator": "LESS_THAN", "value": 10}
    calls: list[Call] = []

    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        calls.append(call)
        fields = [one["field"] for one in call.params["filtering"] or ()]
        if call.params["fields"] == ["ad_id"]:
            return page([{"ad_id": "1"}, {"ad_id": "2"}])
        return page(rows(1)) if "ad.id" in fields else TOO_MUCH

    run(track("sync", breakdowns=breakdowns, filtering=(few,)), window(), meta)
    (found,) = [call for call in calls if call.params["fields"] == ["ad_id"]]
    assert bool(found.params["filtering"]) is not bool(breakdowns)
    assert calls[-1].params["filtering"][0] == few


def test_rows_that_differ_by_an_asset_alone_stay_apart_when_put_together() -> None:
    """The id within the asset is a part of the key, and nothing that Meta sends by itself."""
    assets = [{"id": str(n), "text": "x"} for n in range(3)]
    asked: list[set[str]] = []

    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        names = set(call.params["fields"])
        asked.append(names)
        if names == {"ad_id"}:
            return page([{"ad_id": "1"}])
        metrics = names & {"spend", "clicks", "actions"}
        if len(metrics) > 1:
            return TOO_MUCH
        # The members of an object come in any order.
        shown = [dict(reversed(asset.items())) if "clicks" in names else asset for asset in assets]
        key = {"ad_id": "1", "date_start": "2026-01-01"}
        return page(
            [{**key, "body_asset": one, **dict.fromkeys(metrics, one["id"])} for one in shown]
        )

    reader = track("sync", breakdowns=("body_asset",))
    reader.asked.columns = tuple(reader.report.kinds("v26.0"))
    result, handed, _ = run(reader, window(), meta)
    assert result.rows == 3
    assert [(row["body_asset"]["id"], row["spend"], row["actions"]) for row in handed] == [
        (str(n), str(n), str(n)) for n in range(3)
    ]
    assert not any(names & {"body_asset", "body_asset_id", "date_stop"} for names in asked)


def test_a_field_too_large_for_one_ad_is_asked_for_again_elsewhere() -> None:
    """Meta refuses another field amid the pages of a later window: only that one goes."""
    meta = Meta(3, 100)
    reader = track("sync")

    def stubborn(call: Call) -> Any:  # noqa: ANN401 - JSON
        return TOO_MUCH if "actions" in call.params["fields"] else meta(call)

    run(reader, window(), stubborn)
    assert list(reader.refused) == ["actions"]  # type: ignore[attr-defined]
    unknown = UnknownFieldError(Failure("no clicks"), ("clicks",))
    _, _, calls = run(reader, window(), in_turn(page(rows(1), "a"), unknown, page(rows(2))))
    assert "actions" in calls[-1].params["fields"]
    assert "clicks" not in calls[-1].params["fields"]


def test_rows_of_an_account_cannot_be_cut_by_ads_and_are_by_fields() -> None:
    asked: list[Call] = []

    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        asked.append(call)
        metrics = set(call.params["fields"]) & {"spend", "clicks", "actions"}
        if len(metrics) > 1:
            return TOO_MUCH
        return page(
            [{"account_id": "7", "date_start": "2026-01-01", **dict.fromkeys(metrics, "1")}]
        )

    _, handed, _ = run(track("sync", level="account"), window(), meta)
    assert handed == [
        {
            "account_id": "7",
            "date_start": "2026-01-01",
            "spend": "1",
            "clicks": "1",
            "actions": "1",
        }
    ]
    assert not any(call.params.get("filtering") for call in asked)


def test_other_errors_end_the_task() -> None:
    error: GraphError = PermissionDeniedError(Failure("not yours"))
    with pytest.raises(PermissionDeniedError):
        run(track(), window(), in_turn(error))
