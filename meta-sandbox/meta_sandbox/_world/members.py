"""Who is in an audience: a set of rows, packed so that a million of them fit into little memory.

A row is what was uploaded for one person: keys such as ``EMAIL`` with a value each. It is kept as
``bytes``: which keys there are, then 32 bytes for each hashed value, then the plain values with
their lengths. Keys stand in one fixed order, so that the same person sent under another order of
keys, or with blanks for what is unknown, is the same row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Keys whose values are sent as SHA-256, in hexadecimal digits.
HASHED = tuple("EMAIL PHONE GEN DOBY DOBM DOBD LN FN FI CT ST ZIP COUNTRY".split())
#: Keys whose values are sent as they are.
PLAIN = ("EXTERN_ID", "MADID", "PAGEUID", "UID")
#: All keys that tell who a person is, in the order of packing.
KEYS = HASHED + PLAIN
NUMBERS = {name: number for number, name in enumerate(KEYS)}
#: Keys that are enough to find a person by. A name or a city is shared by many.
IDENTIFIERS = frozenset(
    NUMBERS[name] for name in ("EXTERN_ID", "EMAIL", "PHONE", "MADID", "PAGEUID", "UID")
)

#: What goes with a person and is no part of who they are: names and values, one by one.
Extras = tuple[tuple[str, ...], tuple[object, ...]]

MASK_BYTES = 3
LENGTH_BYTES = 4
DIGEST = 32


class _Layout(NamedTuple):
    """Where the values of a row stand, which follows from the keys it has.

    Attributes:
        hashed: Number of each key with a hashed value, and where the value starts.
        plain: Numbers of the keys with a plain value.
        plain_start: Where those values start.
        identifiers: Where the values stand by which the row is found; None when that has to be
            measured, row by row.
    """

    hashed: tuple[tuple[int, int], ...]
    plain: tuple[int, ...]
    plain_start: int
    identifiers: tuple[tuple[int, slice], ...] | None


_LAYOUTS: dict[bytes, _Layout] = {}


def pack_mask(numbers: Iterable[int]) -> bytes:
    """Return the head of a row that has the keys of these numbers."""
    return sum(1 << number for number in numbers).to_bytes(MASK_BYTES, "big")


def pack_plain(value: str) -> bytes:
    """Pack a plain value; a hashed one is its 32 bytes."""
    raw = value.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(LENGTH_BYTES, "big") + raw


def _layout(head: bytes) -> _Layout:
    found = _LAYOUTS.get(head)
    if found is None:
        mask = int.from_bytes(head, "big")
        numbers = [number for number in range(len(KEYS)) if mask >> number & 1]
        hashed = [number for number in numbers if number < len(HASHED)]
        places = tuple((number, MASK_BYTES + place * DIGEST) for place, number in enumerate(hashed))
        plain = tuple(number for number in numbers if number >= len(HASHED))
        start = MASK_BYTES + len(hashed) * DIGEST
        # A single plain value reaches to the end of the row, so that nothing has to be measured.
        ends = ((plain[0], slice(start + LENGTH_BYTES, None)),) if len(plain) == 1 else ()
        slices = *((number, slice(at, at + DIGEST)) for number, at in places), *ends
        known = tuple(pair for pair in slices if pair[0] in IDENTIFIERS)
        found = _Layout(places, plain, start, known if len(plain) <= 1 else None)
        _LAYOUTS[head] = found
    return found


def cells(row: bytes) -> dict[int, bytes]:
    """Return a packed row's values by the number of their key."""
    layout = _layout(row[:MASK_BYTES])
    found = {number: row[start : start + DIGEST] for number, start in layout.hashed}
    at = layout.plain_start
    for number in layout.plain:
        end = at + LENGTH_BYTES + int.from_bytes(row[at : at + LENGTH_BYTES], "big")
        found[number] = row[at + LENGTH_BYTES : end]
        at = end
    return found


def unpack(row: bytes) -> dict[str, str]:
    """Return a packed row as it was sent, keys without a value left out."""
    return {
        KEYS[number]: (
            cell.hex() if number < len(HASHED) else cell.decode("utf-8", "surrogatepass")
        )
        for number, cell in cells(row).items()
    }


def agree(removal: bytes, member: bytes) -> bool:
    """Tell whether a removal row means a member.

    It does when both say the same for every key that both have, and one of those keys is enough to
    find a person by. A row without such a key means only the member that is equal to it.
    """
    if removal == member:
        return True
    asked, held = cells(removal), cells(member)
    shared = asked.keys() & held.keys()
    return not shared.isdisjoint(IDENTIFIERS) and all(asked[key] == held[key] for key in shared)


class Members:
    """The members of one audience.

    Rows are added by the ten thousand, often to a million; so the index by which removals find
    them is made when the first removal comes, and kept up from then on.
    """

    def __init__(self) -> None:
        self._rows: dict[bytes, Extras | None] = {}
        self._index: dict[int, bytes | list[bytes]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Sequence[bytes], extras: Sequence[Extras] | None = None) -> None:
        """Add members; one who is there already gets the new extras.

        Args:
            rows: Packed rows.
            extras: What goes with each of them.
        """
        fresh: dict[bytes, Extras | None] = (
            dict.fromkeys(rows) if extras is None else dict(zip(rows, extras, strict=True))
        )
        if self._index is not None:
            for row in fresh:
                if row not in self._rows:
                    self._enter(self._index, row)
        self._rows.update(fresh)

    def meant(self, removals: Iterable[bytes]) -> set[bytes]:
        """Return the members that removal rows mean, by the rule of ``agree``."""
        if self._index is None:
            self._index = {}
            for row in self._rows:
                self._enter(self._index, row)
        found: set[bytes] = set()
        for removal in removals:
            if removal in self._rows:
                found.add(removal)
            for place in _places(removal):
                held = self._index.get(place, ())
                for member in (held,) if isinstance(held, bytes) else held:
                    if member not in found and agree(removal, member):
                        found.add(member)
        return found

    def discard(self, members: Iterable[bytes]) -> None:
        """Remove members; those who are not there do not matter."""
        for member in members:
            if self._rows.pop(member, self) is not self and self._index is not None:
                for place in _places(member):
                    held = self._index[place]
                    if isinstance(held, bytes):
                        del self._index[place]
                    else:
                        held.remove(member)

    def each(self) -> Iterator[dict[str, object]]:
        """Return the members, oldest first, with the keys and values they were sent with."""
        for row, extras in list(self._rows.items()):
            names, values = extras or ((), ())
            yield {**unpack(row), **dict(zip(names, values, strict=True))}

    @staticmethod
    def _enter(index: dict[int, bytes | list[bytes]], row: bytes) -> None:
        for place in _places(row):
            held = index.setdefault(place, row)
            if held is row:
                continue
            if isinstance(held, bytes):
                index[place] = [held, row]
            else:
                held.append(row)


def _places(row: bytes) -> list[int]:
    """Return where a row stands in the index: a number for each key to find it by.

    Two values may meet at one number; ``agree`` looks at the values themselves.
    """
    identifiers = _layout(row[:MASK_BYTES]).identifiers
    if identifiers is None:
        found = cells(row).items()
        return [hash(cell) ^ number for number, cell in found if number in IDENTIFIERS]
    return [hash(row[part]) ^ number for number, part in identifiers]
