"""A person's rows as bytes: what the ledger keeps and compares, and what a request is made of.

Bytes and not lists, because a run holds tens of thousands of people and the ledger millions. They
are canonical: the same rows give the same bytes in whatever order they came, so that "has this
person changed" is one comparison of bytes.

The layout, version 1::

    1 byte      version
    3 bytes     schema: which of Meta's keys the rows have; bit n is `KEYS[n]`
    1 byte      number of rows
    3 bytes     per row: which of these are filled
    then        per row: the plain cells as JSON text, each with a line feed behind it,
                and the hashed cells, 32 bytes each; both in the order of `KEYS`

A cell that is not filled is written as an empty string, never as null: Meta takes no null cells.
"""

from __future__ import annotations

from binascii import hexlify
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

PLAIN_KEYS = (
    "EXTERN_ID",
    "MADID",
    "PAGEUID",
    "LOOKALIKE_VALUE",
    "DATA_PROCESSING_OPTIONS",
    "DATA_PROCESSING_OPTIONS_COUNTRY",
    "DATA_PROCESSING_OPTIONS_STATE",
)
"""Meta's keys whose cells go as they are."""

HASHED_KEYS = (
    *("EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD"),
    *("LN", "FN", "CT", "ST", "ZIP", "COUNTRY"),
)
"""Meta's keys whose cells are SHA-256 digests."""

KEYS = PLAIN_KEYS + HASHED_KEYS
"""All keys in the order of a row. The ledger keeps numbers of this list: add at its end only, and
plain ones only with a new version of the layout."""

STRONG_KEYS = ("EMAIL", "PHONE", "MADID", "EXTERN_ID", "PAGEUID")
"""Keys of which one alone says who somebody is."""

MOST_ROWS = 255
"""Rows that one person may have."""

Cell = str | list[str]
"""A cell as Meta gets it. Only `DATA_PROCESSING_OPTIONS` is a list."""

_VERSION = 1
_PLAIN = len(PLAIN_KEYS)
_DIGEST = 32
_ONE_ROW = 8  # where the cells start when there is one row

# Options switched off are an empty list, and "find the place out yourself" is 0.
_BLANKS = {
    "DATA_PROCESSING_OPTIONS": "[]",
    "DATA_PROCESSING_OPTIONS_COUNTRY": '"0"',
    "DATA_PROCESSING_OPTIONS_STATE": '"0"',
}


def bits(*names: str) -> int:
    """The schema that has these keys."""
    return sum(1 << KEYS.index(name) for name in names)


_ONLY_ADDED = bits("LOOKALIKE_VALUE", *_BLANKS)
_STRONG = tuple(map(KEYS.index, STRONG_KEYS))
_DECODE_TEXT = msgspec.json.Decoder(str).decode
_DECODE_ROW = msgspec.json.Decoder(list[Cell]).decode


def plain_cell(value: Cell) -> bytes:
    """Write the cell of a plain key as `pack` takes it."""
    return msgspec.json.encode(value) + b"\n"


@lru_cache(maxsize=4096)
def places(schema: int) -> tuple[int, ...]:
    """The places of a schema's keys among `KEYS`."""
    return tuple(index for index in range(len(KEYS)) if schema >> index & 1)


@lru_cache(maxsize=4096)
def _head(schema: int, filled: int) -> bytes:
    return (
        bytes([_VERSION])
        + schema.to_bytes(3, "big")
        + b"\x01"
        + (filled & schema).to_bytes(3, "big")
    )


def pack_one(schema: int, filled: int, cells: Iterable[bytes]) -> bytes:
    """Pack a person who has one row.

    Args:
        schema: Which keys the row has, see `bits`.
        filled: Which of them are filled.
        cells: The filled cells in the order of `KEYS`: of `plain_cell`, or 32 bytes of a digest.
            Empty ones may stand between them.
    """
    return _head(schema, filled) + b"".join(cells)


def pack(schema: int, rows: Iterable[Sequence[bytes]]) -> bytes:
    """Pack a person's rows, without empty ones and those that are there twice.

    Args:
        schema: Which keys the rows have, see `bits`.
        rows: Each as long as `KEYS`: of `plain_cell`, 32 bytes of a digest, or empty. Cells of
            keys that the schema lacks are left out.

    Raises:
        ValueError: No row is left, or there are more than `MOST_ROWS`.
    """
    asked = places(schema)
    kept = sorted({cells for row in rows if any(cells := tuple([row[at] for at in asked]))})
    if not 0 < len(kept) <= MOST_ROWS:
        raise ValueError(f"A person has 1 to {MOST_ROWS} rows.")
    fills = [sum([1 << at for at, cell in zip(asked, row, strict=True) if cell]) for row in kept]
    return b"".join(
        [
            bytes([_VERSION]),
            schema.to_bytes(3, "big"),
            bytes([len(kept)]),
            *(filled.to_bytes(3, "big") for filled in fills),
            *(cell for row in kept for cell in row),
        ]
    )


def schema_of(packed: bytes) -> int:
    """Which of Meta's keys the rows have, as a number. Rows of one request share it."""
    return int.from_bytes(packed[1:4], "big")


def names(schema: int) -> list[str]:
    """Meta's keys of a schema in the order of the cells: the `schema` of a request."""
    return [KEYS[index] for index in places(schema)]


def count(packed: bytes) -> int:
    """How many rows a person has."""
    return packed[4]


def _raw_rows(packed: bytes) -> list[list[bytes]]:
    """The rows as `pack` takes them."""
    many = packed[4]
    at = 5 + 3 * many
    rows = []
    for number in range(many):
        filled = int.from_bytes(packed[5 + 3 * number : 8 + 3 * number], "big")
        row = [b""] * len(KEYS)
        for index in places(filled):
            end = packed.index(b"\n", at) + 1 if index < _PLAIN else at + _DIGEST
            row[index] = packed[at:end]
            at = end
        rows.append(row)
    return rows


def _json_cell(index: int, cell: bytes) -> str:
    if not cell:
        return _BLANKS.get(KEYS[index], '""')
    return cell[:-1].decode() if index < _PLAIN else f'"{cell.hex()}"'


def json_rows(packed: bytes) -> list[str]:
    """The JSON text of each row of a person, as it stands in a request."""
    asked = places(schema_of(packed))
    return [
        "[" + ",".join([_json_cell(index, row[index]) for index in asked]) + "]"
        for row in _raw_rows(packed)
    ]


def unpack(packed: bytes) -> tuple[list[str], list[list[Cell]]]:
    """Meta's keys and the cells of a person's rows, as a request has them."""
    return names(schema_of(packed)), [_DECODE_ROW(text) for text in json_rows(packed)]


class _Layout(NamedTuple):
    """How a person's only row becomes JSON text.

    Attributes:
        template: The row, with a place for each filled cell.
        plain: Where its plain cells are.
        hashed: Where its digests are.
    """

    template: bytes
    plain: slice
    hashed: slice


def _layout(schema: int, filled: int) -> _Layout:
    cells = []
    for index, name in enumerate(KEYS):
        if filled >> index & 1:
            cells.append("%b" if index < _PLAIN else '"%b"')
        elif schema >> index & 1:
            cells.append(_BLANKS.get(name, '""'))
    length = _DIGEST * (filled >> _PLAIN).bit_count()
    return _Layout(
        template=f"[{','.join(cells)}]".encode(),
        # The last line feed parts a plain cell from a digest; without digests it is one too many.
        plain=slice(_ONE_ROW, -length or -1),
        hashed=slice(-length, None) if length else slice(0),
    )


def data(schema: int, people: Iterable[bytes]) -> bytes:
    """Write the `data` of a request: the JSON text of a list of rows.

    Args:
        schema: Which keys they have, see `schema_of`.
        people: Packed rows of people, all of that schema.
    """
    # Of a few hundred rows at a time, which stay in the processor's cache until they are joined.
    rest = iter(people)
    slices = []
    layouts: dict[bytes, _Layout] = {}
    while some := list(islice(rest, 256)):
        written = []
        for packed in some:
            if packed[4] != 1:
                written.append(",".join(json_rows(packed)).encode())
                continue
            fills = packed[5:_ONE_ROW]
            layout = layouts.get(fills)
            if layout is None:
                layout = layouts[fills] = _layout(schema, int.from_bytes(fills, "big"))
            template, plain, hashed = layout
            cells = packed[plain] + hexlify(packed[hashed], "\n", _DIGEST)
            written.append(template % tuple(cells.split(b"\n")))
        slices.append(b",".join(written))
    return b"[" + b",".join(slices) + b"]"


def removal(packed: bytes) -> bytes:
    """The rows that remove a person: without what says nothing about who it is.

    Raises:
        ValueError: Nothing is left of them.
    """
    schema = schema_of(packed)
    if not schema & _ONLY_ADDED:
        return packed
    return pack(schema & ~_ONLY_ADDED, _raw_rows(packed))


def identity(packed: bytes) -> Collection[object]:
    """What a removal of these rows goes by: strong keys, and without one the rows themselves."""
    return strong(packed) or (removal(packed),)


def strong(packed: bytes) -> set[tuple[str, str]]:
    """Each key and cell that alone says who somebody is: what an erasure goes by."""
    return {
        (KEYS[index], _DECODE_TEXT(cell) if index < _PLAIN else cell.hex())
        for row in _raw_rows(packed)
        for index in _STRONG
        if (cell := row[index])
    }
