"""How well the identifiers of a stream were filled, counted per column for the closing report.

An audience that is "too small" after a clean run is explained here and nowhere else: Meta does not
say which of the hashes it knew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_meta_ads.normalisation.cells import Drop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ColumnQuality:
    """What became of one identifier column; counted by whoever reads its cells.

    Attributes:
        blank: Cells that gave no identifier.
        hashed_already: Cells with a value that came as a SHA-256.
        drops: Values that gave none, by reason. A list may hold a bad e-mail and a good one: the
            bad one is counted here, and the cell is not blank.
    """

    __slots__ = ("blank", "drops", "hashed_already")

    def __init__(self) -> None:
        self.blank = 0
        self.hashed_already = 0
        self.drops: dict[Drop, int] = {}

    def drop(self, reason: Drop) -> None:
        """Count a cell of one value that gave no identifier."""
        self.blank += 1
        self.drops[reason] = self.drops.get(reason, 0) + 1

    def drop_one_of_many(self, reason: Drop) -> None:
        """Count a value of a list that gave no identifier; `blank` is for the caller to count."""
        self.drops[reason] = self.drops.get(reason, 0) + 1


class QualityRow(NamedTuple):
    """A line of the closing report: one identifier column of one stream.

    Attributes:
        stream: The Singer stream.
        column: The identifier's column, by our name.
        records: Records whose identifiers were read.
        filled: Records that gave at least one identifier.
        blank: Records that gave none.
        hashed_already: Records with a value that came as a SHA-256.
        dropped: Values that were not empty and gave no identifier all the same, by the code of the
            reason; the most frequent first. What is blank beyond them was empty to begin with.
    """

    stream: str
    column: str
    records: int
    filled: int
    blank: int
    hashed_already: int
    dropped: Mapping[str, int]


class Quality:
    """The counters of one stream.

    Per record `records += 1`, per cell only what is not plain and good: filled is the rest, and
    counting costs a good record next to nothing.

    Attributes:
        stream: The Singer stream.
        records: Records whose identifiers were read.
        columns: The counters of each identifier column, in the order of the report.
    """

    __slots__ = ("columns", "records", "stream")

    def __init__(self, stream: str, columns: Iterable[str] = ()) -> None:
        self.stream = stream
        self.records = 0
        self.columns = {column: ColumnQuality() for column in columns}

    def table(self) -> list[QualityRow]:
        """Give the rows of the report, one per column."""
        return [self._row(column, counted) for column, counted in self.columns.items()]

    def _row(self, column: str, counted: ColumnQuality) -> QualityRow:
        reasons = sorted(counted.drops.items(), key=lambda each: (-each[1], each[0].value))
        return QualityRow(
            stream=self.stream,
            column=column,
            records=self.records,
            filled=self.records - counted.blank,
            blank=counted.blank,
            hashed_already=counted.hashed_already,
            dropped={reason.value: times for reason, times in reasons if reason is not Drop.EMPTY},
        )
