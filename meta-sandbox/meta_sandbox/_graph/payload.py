"""Reading what is uploaded to an audience: the payload, its schema, and which rows are good.

What is wrong with the payload itself (no data, an unknown key, rows of other lengths than the
schema, cells of the wrong type) refuses the request. What is wrong with one row makes it an invalid
entry: it is counted, shown as a sample with the reason, and left out, while the rest is taken.
Recorded is one such reason, ``empty external ID``. Meta's docs count "incorrect hashing" among the
invalid entries, so a value that should be hashed and is not 64 lower-case hexadecimal digits is one
too. What Meta does with null cells is not known; here they refuse the request, since the docs want
an unknown value blank.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import json_of
from meta_sandbox._world.members import DIGEST, HASHED, NUMBERS, pack_mask, pack_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meta_sandbox._world.members import Extras

MAX_ROWS = 10_000
MAX_SAMPLES = 100
_VALUE = "LOOKALIKE_VALUE"
_OPTIONS = "DATA_PROCESSING_OPTIONS"
_EXTRAS = (_VALUE, _OPTIONS, f"{_OPTIONS}_COUNTRY", f"{_OPTIONS}_STATE")
# Names of a schema that is one key alone.
_ALONE = {
    "EMAIL_SHA256": "EMAIL",
    "PHONE_SHA256": "PHONE",
    "MOBILE_ADVERTISER_ID": "MADID",
}
# Ids that people have in an app or on a page, and the list that says which one.
_OF_A_PAGE = "PAGEUID"
_SCOPED = {_OF_A_PAGE: "page_ids", "UID": "app_ids"}
_HEX = re.compile(r"[0-9a-f]{64}")
_DEVICE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH_LENGTH = 64
# Plain key -> (whether a value will do, why not).
_PLAIN_RULES: dict[str, tuple[Callable[[str], object], str]] = {
    "EXTERN_ID": (str.strip, "empty external ID"),
    "MADID": (
        lambda value: not value or _DEVICE.fullmatch(value),
        "MADID is not a mobile advertiser id in lower case",
    ),
}


class Upload(NamedTuple):
    """The rows of one request.

    Attributes:
        schema: Their keys.
        received: How many rows came.
        rows: The good ones, packed.
        extras: What goes with each of the good ones; None for nothing.
        invalid: How many were bad.
        samples: Some of the bad ones: the row as JSON -> the reason.
    """

    schema: tuple[str, ...]
    received: int
    rows: list[bytes]
    extras: list[Extras] | None
    invalid: int
    samples: dict[str, str]


def read_upload(params: Mapping[str, object], *, adding: bool, value_based: bool | None) -> Upload:
    """Read the parameter ``payload``.

    Args:
        params: The request's parameters.
        adding: Whether people are added; a removal needs no value.
        value_based: Whether the audience is; None when it does not matter.

    Raises:
        GraphError: The payload as a whole cannot be taken.
    """
    payload = json_of(params, "payload")
    if payload is None:
        raise GraphError(100, "(#100) Missing required parameter: payload")
    if not isinstance(payload, dict):
        raise GraphError(100, "(#100) Param payload must be an object.")
    schema = _schema(payload)
    _check_scoped(schema, payload)
    _check_value(schema, adding=adding, value_based=value_based)
    data = _data(payload, len(schema), alone=not isinstance(payload.get("schema"), list))
    return _upload(schema, data)


def _schema(payload: Mapping[str, object]) -> tuple[str, ...]:
    given = payload.get("schema")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names:
        raise GraphError(100, "(#100) Param payload[schema] is required")
    if len(names) == 1:
        names = [_ALONE.get(str(name), name) for name in names]
    for name in names:
        if name not in NUMBERS and name not in _EXTRAS:
            raise GraphError(100, f"(#100) Param payload[schema] has an unknown key: {name}")
    if len(set(names)) < len(names):
        raise GraphError(100, "(#100) Param payload[schema] names a key twice")
    if NUMBERS.keys().isdisjoint(names):
        raise GraphError(100, "(#100) Param payload[schema] has no key to match people by")
    return tuple(names)


def _check_scoped(schema: tuple[str, ...], payload: Mapping[str, object]) -> None:
    """Check what ids of a page or an app need: to stand alone, and to say whose they are.

    Meta's docs want those of a page raw, with one page. Meta's SDKs send those of an app with one
    app or several, and call them not raw.
    """
    for name in _SCOPED.keys() & set(schema):
        owners = payload.get(_SCOPED[name])
        if len(schema) > 1:
            raise GraphError(100, f"(#100) {name} cannot be combined with other keys")
        if not isinstance(owners, list) or not owners:
            raise GraphError(100, f"(#100) {name} needs {_SCOPED[name]}")
        if name == _OF_A_PAGE and len(owners) > 1:
            raise GraphError(100, f"(#100) {name} needs {_SCOPED[name]} with exactly one element")
        if name == _OF_A_PAGE and str(payload.get("is_raw")).lower() != "true":
            raise GraphError(100, f"(#100) {name} needs is_raw to be true")


def _check_value(schema: tuple[str, ...], *, adding: bool, value_based: bool | None) -> None:
    if not adding or value_based is None:
        return
    if value_based and _VALUE not in schema:
        raise GraphError(
            100, "(#100) Value-Based Custom Audience requires LOOKALIKE_VALUE attribute"
        )
    if not value_based and _VALUE in schema:
        raise GraphError(100, "(#100) LOOKALIKE_VALUE is for Value-Based Custom Audiences only")


def _data(payload: Mapping[str, object], width: int, *, alone: bool) -> list[list[object]]:
    data = payload.get("data")
    if not isinstance(data, list) or not data:
        raise GraphError(100, "(#100) Param payload[data] must be a non-empty array.")
    if len(data) > MAX_ROWS:
        raise GraphError(
            105, f"(#105) {len(data)} rows exceed the maximum of {MAX_ROWS} for this operation"
        )
    if set(map(type, data)) != {list}:
        if not alone and width > 1:
            raise GraphError(100, "(#100) Param payload[data] must be an array of arrays.")
        data = [row if isinstance(row, list) else [row] for row in data]
    if set(map(len, data)) != {width}:
        raise GraphError(100, "(#100) Data is missing or does not match schema")
    return data


def _upload(schema: tuple[str, ...], data: list[list[object]]) -> Upload:
    """Check and pack rows, column by column, which is how ten thousand take few milliseconds."""
    columns = dict(zip(schema, zip(*data, strict=True), strict=True))
    reasons: dict[int, str] = {}
    packed: list[tuple[int, list[bytes]]] = []
    for name in sorted(NUMBERS.keys() & columns.keys(), key=NUMBERS.__getitem__):
        found = _texts(name, schema.index(name), columns[name])
        pack = _pack_hashed if name in HASHED else _pack_plain
        packed.append((NUMBERS[name], pack(name, found, reasons)))
    rows = _join(packed)
    head = pack_mask(())
    if head in rows:
        for place, row in enumerate(rows):
            if row == head:
                reasons.setdefault(place, "no identifier")
    extras = _extras({name: columns[name] for name in _EXTRAS if name in columns}, reasons)
    samples: dict[str, str] = {}
    if reasons:
        for place in sorted(reasons)[:MAX_SAMPLES]:
            samples[msgspec.json.encode(data[place]).decode()] = reasons[place]
        kept = [place for place in range(len(rows)) if place not in reasons]
        rows = [rows[place] for place in kept]
        extras = extras and [extras[place] for place in kept]
    return Upload(schema, len(data), rows, extras, len(reasons), samples)


def _texts(name: str, column: int, values: tuple[object, ...]) -> Sequence[str]:
    if set(map(type, values)) != {str}:
        row = next(n for n, value in enumerate(values) if not isinstance(value, str))
        raise GraphError(
            100, f"(#100) Param payload[data][{row}][{column}] ({name}) must be a string"
        )
    return cast("tuple[str, ...]", values)


def _pack_hashed(name: str, values: Sequence[str], reasons: dict[int, str]) -> list[bytes]:
    lengths = set(map(len, values))
    if lengths <= {0, _HASH_LENGTH}:
        joined = "".join(values)
        try:
            blob = bytes.fromhex(joined)
        except ValueError:
            blob = b""
        # fromhex also takes upper case and blanks, which are no hash as Meta wants it.
        if blob.hex() == joined:
            digests = [blob[at : at + DIGEST] for at in range(0, len(blob), DIGEST)]
            if 0 not in lengths:
                return digests
            order = iter(digests)
            return [next(order) if value else b"" for value in values]
    found = []
    for place, value in enumerate(values):
        good = _HEX.fullmatch(value)
        if not good and value:
            reasons.setdefault(place, f"{name} is not a SHA-256 hash")
        found.append(bytes.fromhex(value) if good else b"")
    return found


def _pack_plain(name: str, values: Sequence[str], reasons: dict[int, str]) -> list[bytes]:
    check = _PLAIN_RULES.get(name)
    if check is not None:
        holds, why = check
        for place, value in enumerate(values):
            if not holds(value):
                reasons.setdefault(place, why)
    return [pack_plain(value) if value else b"" for value in values]


def _join(columns: list[tuple[int, list[bytes]]]) -> list[bytes]:
    """Put packed cells together to rows, each with the head that says which keys it has."""
    cells = [column for _, column in columns]
    joined = map(b"".join, zip(*cells, strict=True))
    sparse = any(b"" in column for column in cells)
    if not sparse:
        head = pack_mask(number for number, _ in columns)
        return [head + row for row in joined]
    numbers = [number for number, _ in columns]
    heads: dict[tuple[bool, ...], bytes] = {}
    found = []
    for row, filled in zip(joined, zip(*(map(bool, c) for c in cells), strict=True), strict=True):
        head = heads.get(filled)  # type: ignore[assignment] # None for a new pattern of blanks
        if head is None:
            head = pack_mask(n for n, there in zip(numbers, filled, strict=True) if there)
            heads[filled] = head
        found.append(head + row)
    return found


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return False
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


#: What goes with a person -> (whether a value will do, why not).
_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    _VALUE: (_is_value, "LOOKALIKE_VALUE is not a number of 0 or more"),
    _OPTIONS: (
        lambda value: value in ([], ["LDU"], ""),
        'DATA_PROCESSING_OPTIONS is neither [] nor ["LDU"]',
    ),
    f"{_OPTIONS}_COUNTRY": (
        lambda value: value in (0, 1, ""),
        "DATA_PROCESSING_OPTIONS_COUNTRY is neither 0 nor 1",
    ),
    f"{_OPTIONS}_STATE": (
        lambda value: value in (0, 1000, ""),
        "DATA_PROCESSING_OPTIONS_STATE is neither 0 nor 1000",
    ),
}


def _extras(
    columns: Mapping[str, tuple[object, ...]], reasons: dict[int, str]
) -> list[Extras] | None:
    if not columns:
        return None
    for name, values in columns.items():
        holds, why = _RULES[name]
        for place, value in enumerate(values):
            if not holds(value):
                reasons.setdefault(place, why)
    names = tuple(columns)
    return [(names, values) for values in zip(*columns.values(), strict=True)]
