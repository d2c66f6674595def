"""What a run did, stream by stream, and how people and machines are told. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_meta_ads.normalisation.quality import Quality, QualityRow

COUNTED = ("received", "delivered", "unchanged", "rejected")
"""Told of each stream."""

COUNTED_IF_ANY = ("superseded", "removed", "not_removed", "ignored", "undelivered")
"""Told of a stream that has any."""

_WORST = 20
"""Reasons of rejects that the closing table names, of each stream."""


@dataclass
class StreamReport:
    """What became of the records of one stream.

    Attributes:
        stream: Its name.
        quality: How well its match keys were filled; None where it has none.
        received: Records read.
        delivered: Records that Meta has acknowledged.
        unchanged: Records that Meta had already, and that were not sent again; and removals of whom
            nothing but a key is given, which nobody was added by.
        superseded: Records of which a later one of the same person was sent instead.
        removed: Members that a mirror removed since the stream no longer has them.
        not_removed: Members that Meta did not let go, since too few would be left.
        ignored: Records of a stream that nothing maps.
        undelivered: Records whose destination had failed, or was not reached.
        reasons: Records that were rejected, by code.
    """

    stream: str
    quality: Quality | None = None
    received: int = 0
    delivered: int = 0
    unchanged: int = 0
    superseded: int = 0
    removed: int = 0
    not_removed: int = 0
    ignored: int = 0
    undelivered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        """Records that were rejected."""
        return sum(self.reasons.values())


class TargetMetric(str, Enum):
    """The metrics of a run, each with the tag `stream`."""

    RECEIVED = "records_received"
    DELIVERED = "records_delivered"
    UNCHANGED = "records_unchanged"
    REJECTED = "records_rejected"
    SUPERSEDED = "records_superseded"
    REMOVED = "members_removed"
    NOT_REMOVED = "members_not_removed"
    IGNORED = "records_ignored"
    UNDELIVERED = "records_undelivered"
    REJECTED_BY_CODE = "records_rejected_by_code"
    """With the tag `code`."""


class Measure(NamedTuple):
    """One metric."""

    metric: TargetMetric
    value: int
    tags: dict[str, str]


class Figure(NamedTuple):
    """One number of a run, as the ledger keeps it.

    Attributes:
        stream: The Singer stream.
        name: A `TargetMetric`, or one of `match_key_records`, `match_key_filled` and
            `match_key_dropped`.
        detail: The code of `records_rejected_by_code`, the column of a match key, or the column and
            the reason of what was dropped, with a blank between them; else empty.
        value: How many.
    """

    stream: str
    name: str
    detail: str
    value: int


def too_many_rejects(reports: Iterable[StreamReport], most: float) -> str | None:
    """Say that more was rejected than `max_reject_ratio` allows; None when it was not.

    Args:
        reports: All streams.
        most: The share that is allowed.
    """
    received = rejected = 0
    for report in reports:
        received += report.received
        rejected += report.rejected
    if rejected <= most * received:
        return None
    return (
        f"{rejected:,} of {received:,} records were rejected, and `max_reject_ratio` allows "
        f"{most:g} of them: see the file of `rejects_path`, and correct them or raise the ratio."
    )


def table(reports: Iterable[StreamReport]) -> list[str]:
    """The closing table: what became of the records, why some were rejected, and the match keys.

    Returns:
        Lines, without line breaks.
    """
    reports = list(reports)
    lines: list[str] = []
    extra = [name for name in COUNTED_IF_ANY if any(getattr(one, name) for one in reports)]
    columns = [*COUNTED, *extra]
    heading = ["stream", *(name.replace("_", " ") for name in columns)]
    rows = [[one.stream, *(f"{getattr(one, name):,}" for name in columns)] for one in reports]
    lines += _aligned([heading, *rows])
    reasons = [
        [one.stream, code, f"{count:,}"]
        for one in reports
        for code, count in one.reasons.most_common(_WORST)
    ]
    if reasons:
        lines += ["", *_aligned([["stream", "rejected since", "records"], *reasons])]
    keys = [
        [row.stream, row.column, f"{row.filled:,}", _percent(row.filled, row.records), _why(row)]
        for one in reports
        if one.quality is not None
        for row in one.quality.table()
    ]
    if keys:
        lines += ["", *_aligned([["stream", "match key", "filled", "share", "dropped"], *keys])]
    return lines


def metrics(reports: Iterable[StreamReport]) -> Iterator[Measure]:
    """The run as metrics."""
    for one in reports:
        tags = {"stream": one.stream}
        for name in (*COUNTED, *COUNTED_IF_ANY):
            value = getattr(one, name)
            if value or name in COUNTED:
                yield Measure(TargetMetric[name.upper()], value, tags)
        for code, count in one.reasons.items():
            yield Measure(TargetMetric.REJECTED_BY_CODE, count, {**tags, "code": code})


def figures(reports: Iterable[StreamReport]) -> Iterator[Figure]:
    """The run as the ledger keeps it: the metrics, and how well match keys were filled."""
    reports = list(reports)
    for measure in metrics(reports):
        tags = measure.tags
        yield Figure(tags["stream"], measure.metric.value, tags.get("code", ""), measure.value)
    for one in reports:
        for row in one.quality.table() if one.quality is not None else ():
            yield Figure(one.stream, "match_key_records", row.column, row.records)
            yield Figure(one.stream, "match_key_filled", row.column, row.filled)
            for code, count in row.dropped.items():
                yield Figure(one.stream, "match_key_dropped", f"{row.column} {code}", count)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _why(row: QualityRow) -> str:
    """Why cells were left out, and what else is worth knowing of a column."""
    parts = [f"{count:,} {code}" for code, count in row.dropped.items()]
    parts += [f"({row.hashed_already:,} hashed already)"] if row.hashed_already else []
    return ", ".join(parts)


def _aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Lines of equal columns; what is a number stands to the right."""
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(rows[0]))]
    numeric = [
        all(str(row[at])[:1].isdigit() for row in rows[1:]) and len(rows) > 1
        for at in range(len(widths))
    ]
    return [
        "  ".join(
            str(cell).rjust(width) if is_number else str(cell).ljust(width)
            for cell, width, is_number in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    ]
