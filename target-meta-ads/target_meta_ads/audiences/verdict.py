"""What Meta says of the rows that it was sent: which of them are invalid. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_meta_ads.audiences import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NAMED = 100
"""Rows that Meta names in one answer."""

NO_REASON = "Meta calls it invalid and gives no reason"


class Verdict(NamedTuple):
    """What an answer tells.

    Attributes:
        invalid: People of whom Meta named rows: place in the request, its words, and whether all
            of their rows are invalid.
        is_complete: Whether these are all. Meta names `MOST_NAMED` at most.
    """

    invalid: list[tuple[int, str, bool]]
    is_complete: bool


def count_invalid(payload: Any) -> int:  # noqa: ANN401 - JSON
    """How many rows an answer calls invalid."""
    count = payload.get("num_invalid_entries") if isinstance(payload, dict) else 0
    return int(count) if isinstance(count, (int, str)) and str(count).isdigit() else 0


def verdict(payload: Any, people: Sequence[bytes], before: int = 0) -> Verdict:  # noqa: ANN401 - JSON
    """Find the people of whom Meta has named rows.

    Args:
        payload: Meta's answer. `invalid_entry_samples` is an object of a row's JSON text and a
            reason, or a list of them.
        people: The packed rows of the request, in its order.
        before: Rows that the answer before called invalid, in the same session: Meta's docs leave
            open whether it counts them again.
    """
    count = count_invalid(payload)
    if not count:
        return Verdict([], is_complete=True)
    named = dict(_samples(payload.get("invalid_entry_samples")))
    found: list[tuple[int, str, bool]] = []
    counted = 0
    total = 0
    for at, packed in enumerate(people):
        texts = [_same(text) for text in rows.json_rows(packed)]
        total += len(texts)
        reasons = [named[text] for text in texts if text in named]
        if reasons:
            counted += len(reasons)
            found.append((at, reasons[0], len(reasons) == len(texts)))
    if counted < count and (count - before >= total or len(people) == 1):
        # All of them are, whether it names them or not; one of a single person's rows is hers.
        known = {at: reason for at, reason, _ in found}
        is_all = count - before >= total
        found = [(at, known.get(at, NO_REASON), is_all) for at, _ in enumerate(people)]
        return Verdict(found, is_complete=True)
    # It names as many as it may: where fewer are named than it counts, others are of earlier
    # requests.
    counts_again = counted < min(count, MOST_NAMED) and counted >= count - before
    is_complete = counted >= count or counts_again
    # Where it names not all, others of a person's rows may be among those that it does not name.
    certain = found if is_complete else [one for one in found if one[2]]
    return Verdict(certain, is_complete)


def _samples(samples: Any) -> Iterable[tuple[str, str]]:  # noqa: ANN401 - JSON
    if isinstance(samples, dict):
        for row, reason in samples.items():
            yield _same(row), str(reason)
    elif isinstance(samples, list):
        for sample in samples:
            if isinstance(sample, dict):
                yield from _samples(sample)
            else:
                yield _same(sample), NO_REASON


def _same(row: Any) -> str:  # noqa: ANN401 - JSON
    """A row as a text that does not depend on how it is spaced or quoted."""
    if isinstance(row, str):
        try:
            row = msgspec.json.decode(row)
        except msgspec.DecodeError:
            return str(row)
    cells = row if isinstance(row, list) else [row]
    return msgspec.json.encode(cells).decode()
