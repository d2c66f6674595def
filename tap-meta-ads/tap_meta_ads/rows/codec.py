"""Rows as fast as they can be read: one type for each stream, decoded, checked and written in C.

`casting` says what a row is; here the same rows are made of what usually comes. A `msgspec.Struct`
with the columns of the stream takes Meta's JSON, casts it and refuses what is not as usual. A row
that is refused goes the slow way, through `casting`, alone. So the types below may be stricter than
`casting`, and must never be laxer: a value they take is equal to the one that `casting` makes.

Numbers with a fraction are doubles here: with `Decimal`, a row would take twice as long. A double
keeps 15 digits, and what is written of it is the shortest text that means it: the same number that
Meta wrote, for all that has no more digits. `_LIMIT` and `_LONG` send the others the slow way.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tap_meta_ads import fields
from tap_meta_ads.rows.casting import RowWithoutKeyError, exact, row_caster

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Row = Any
"""A `msgspec.Struct` with one attribute for each column, in the order of the columns.

`getattr` and `setattr` take the name of any column, also one that is no Python name. A day is a
`datetime.date`, a number `int`, `float` or `Decimal`, and what is absent `None`.
"""

SLOW_IN_A_ROW = 50
"""After so many rows that did not fit, one after the other, the next one will hardly fit."""

_LIMIT = 1e9
"""Below it a number has at most nine digits before its point, and 15 with six behind it."""

# What may have more than 15 digits although it is below the limit. First the cheap question.
_MANY = re.compile(rb"\.\d{7}").search
_LONG = re.compile(rb"(?=[\d.]{17})\d+\.\d{7}").search

_INTEGER = Annotated[int, Meta(ge=-(2**63) + 1, le=2**63 - 1)]
# No double is above and below 0. An `int` alone would take "9007199254740993.0" by way of a double
# and lose its last digit; beside a type that takes it first, and refuses it, only digits count.
_COUNT = _INTEGER | Annotated[float, Meta(gt=0.0, lt=0.0)]
# The bounds refuse NaN and the infinities too.
_NUMBER = _INTEGER | Annotated[float, Meta(gt=-_LIMIT, lt=_LIMIT)]

_FIGURES = ("value", "default", "inline")
_NAMES = ("action_type", "action_converted_product_id", "user_segment_key")
"""Members of actions beside the windows and breakdowns of Meta's enums."""

_ACCOUNT = "account_id"

_encoder = msgspec.json.Encoder(decimal_format="number")
_decode = msgspec.json.Decoder(float_hook=exact).decode


class _Message(msgspec.Struct, gc=False):
    type: str
    stream: str
    record: Row
    time_extracted: dt.datetime


def _struct(
    name: str,
    members: Mapping[str, Any],
    *,
    required: Collection[str] = (),
    absent: object = UNSET,
    forbid: bool = True,
) -> Any:  # noqa: ANN401 - a class made at run time
    """A class with these members, in this order, whatever their names.

    Args:
        name: Name of the class.
        members: Name and type.
        required: Members that must be there and not null.
        absent: What the others are when they are absent; None is also their null.
        forbid: Whether other members are refused.
    """
    attributes = {member: _attribute(member, n) for n, member in enumerate(members)}
    parts: list[Any] = []
    for member, kind in members.items():
        if member in required:
            parts.append((attributes[member], kind))
        elif absent is None:
            parts.append((attributes[member], kind | None, None))
        else:
            parts.append((attributes[member], kind | UnsetType, absent))
    made = msgspec.defstruct(
        name,
        parts,
        kw_only=True,  # a required member may stand behind one that is not
        forbid_unknown_fields=forbid,
        rename={attribute: member for member, attribute in attributes.items()},
        gc=False,  # JSON has no cycles
    )
    for member, attribute in attributes.items():
        if attribute != member:
            # A class takes any name for its descriptors, and so `setattr` does for a row.
            setattr(made, member, getattr(made, attribute))
    return made


def _attribute(member: str, number: int) -> str:
    return member if member.isidentifier() else f"member_{number}"


def _types(figures: Iterable[str], names: Iterable[str]) -> dict[str, Any]:
    """The types of the kinds of `fields.KINDS`.

    Args:
        figures: Members of an action that are numbers.
        names: Members of an action that are texts.
    """
    numbers: dict[str, Any] = dict.fromkeys(figures, _NUMBER)
    action = _struct("Action", dict.fromkeys(names, str) | numbers)
    value = _struct("ResultValue", {"attribution_windows": list[str]} | numbers)
    values = GenericAlias(list, (value,))
    result = _struct("Result", {"indicator": str, "values": values})
    return {
        "string": str,
        "integer": _COUNT,
        "number": _NUMBER,
        "boolean": bool,
        "date": dt.date,
        "object": dict[str, Any],
        "array": list[Any],
        "histogram": list[Any],
        "actions": GenericAlias(list, (action,)),
        "results": GenericAlias(list, (result,)),
    }


class RowCodec:
    """Reads and writes the rows of one stream. Not for several threads at once.

    Attributes:
        slow: How many rows went the slow way.

    Args:
        stream: Name of the stream, as its messages give it.
        kinds: Column and kind, of all columns; see `fields.KINDS`.
        keys: Columns without which no row is written. Columns that are set on the row later,
            such as a key taken from an object, are not to be among them.
        version: The API version, whose windows and breakdowns an action may have.
        columns: The selected columns; all when None.
        members: What actions were asked for: attribution windows and action breakdowns. Others
            may come, more slowly.
        misfit: Told the column and the value that did not fit.
        unknown: Told the names that are no columns. After `SLOW_IN_A_ROW` rows with such names it
            is told those of the first row of each `read` only.
    """

    def __init__(
        self,
        stream: str,
        kinds: Mapping[str, str],
        keys: Sequence[str],
        version: str,
        *,
        columns: Iterable[str] | None = None,
        members: Iterable[str] = (),
        misfit: Callable[[str, Any], None],
        unknown: Callable[[Collection[str]], None],
    ) -> None:
        self.slow = 0
        self._stream = stream
        self._known = kinds.keys()
        self._kinds = {name: kinds[name] for name in (kinds if columns is None else columns)}
        self._keys = tuple(keys)
        self._unknown = unknown
        self._cast = row_caster(self._kinds, misfit)
        windows = fields.values(version, "action_attribution_windows")
        breakdowns = fields.values(version, "action_breakdowns")
        # A type with few members is much faster: most actions have two or three.
        few = sorted(members)
        asked = _types(
            ["value", *(name for name in few if name in windows)],
            ["action_type", *(name for name in few if name in breakdowns)],
        )
        every = _types([*_FIGURES, *sorted(windows)], [*_NAMES, *sorted(breakdowns)])
        self._row = self._type(asked, forbid=True)
        ways = (self._row, self._type(every, forbid=False))
        self._ways = [
            msgspec.json.Decoder(way, strict=False, float_hook=exact).decode for way in ways
        ]
        self._misses = 0
        self._sample = False
        self._attributes = {name: _attribute(name, n) for n, name in enumerate(self._kinds)}

    def _type(self, types: Mapping[str, Any], *, forbid: bool) -> Any:  # noqa: ANN401 - a class
        return _struct(
            "Row",
            {name: types[kind] for name, kind in self._kinds.items()},
            # The account is set by us.
            required=[key for key in self._keys if key != _ACCOUNT],
            absent=None,
            forbid=forbid,
        )

    def read(self, raws: Iterable[msgspec.Raw], account_id: str) -> list[Row]:
        """Meta's objects as rows, in their order, each with its account and its whole key.

        Args:
            raws: Objects as they stand in Meta's answer.
            account_id: The account's id, digits only.

        Raises:
            RowWithoutKeyError: A part of the key is missing.
        """
        rows = []
        decode = self._ways[0] if self._ways else None
        sample = self._sample
        has_account = _ACCOUNT in self._kinds
        for raw in raws:
            row = None
            if decode is not None and not sample and not (_MANY(raw) and _LONG(raw)):
                try:
                    row = decode(raw)
                    self._misses = 0
                except (msgspec.ValidationError, UnicodeDecodeError):
                    self._misses += 1
                    if self._misses >= SLOW_IN_A_ROW:
                        decode = self._next_way()
            sample = False
            if row is None:
                row = self._made(self._slowly(raw, account_id))
            elif has_account:
                row.account_id = account_id
            rows.append(row)
        return rows

    def _next_way(self) -> Any:  # noqa: ANN401 - a decoder's method
        self._misses = 0
        del self._ways[0]
        self._sample = True
        return self._ways[0] if self._ways else None

    def plain(self, raws: Iterable[msgspec.Raw], account_id: str) -> list[dict[str, Any]]:
        """The same rows as dicts, for what needs such: stream maps, flattening.

        Days are texts here and numbers `int` or `Decimal`.

        Raises:
            RowWithoutKeyError: A part of the key is missing.
        """
        return [self._slowly(raw, account_id) for raw in raws]

    def _slowly(self, raw: msgspec.Raw, account_id: str) -> dict[str, Any]:
        self.slow += 1
        source = _object(raw)
        if not source.keys() <= self._known:
            self._unknown(source.keys() - self._known)
        row = self._cast(source)
        if _ACCOUNT in row:
            row[_ACCOUNT] = account_id
        for key in self._keys:
            if row[key] is None:
                raise RowWithoutKeyError(
                    f"Meta sent a row of {self._stream} for account {account_id} without {key}. "
                    "Run again; if it stays so, deselect the stream and open an issue."
                )
        return row

    def _made(self, row: Mapping[str, Any]) -> Row:
        made = {self._attributes[name]: value for name, value in row.items()}
        for name, kind in self._kinds.items():
            if kind == "date" and row[name] is not None:
                made[self._attributes[name]] = dt.date.fromisoformat(row[name])
        return self._row(**made)

    def lines(self, rows: Iterable[Row], time_extracted: dt.datetime) -> bytes:
        """RECORD messages, a line each, as the SDK would write them.

        Args:
            rows: Rows of `read`, or dicts.
            time_extracted: When, with a time zone.
        """
        stream, now = self._stream, time_extracted.astimezone(dt.timezone.utc)
        return _encoder.encode_lines([_Message("RECORD", stream, row, now) for row in rows])

    def spend(self, rows: Iterable[Row]) -> Decimal | None:
        """The sum of the column `spend`; None where no row has it.

        Args:
            rows: Rows of `read`.
        """
        if "spend" not in self._kinds:
            return None
        values = [row["spend"] if isinstance(row, dict) else row.spend for row in rows]
        # The text of a double that `read` made is the amount that Meta wrote.
        amounts = [Decimal(str(value)) for value in values if value is not None]
        return sum(amounts, Decimal(0)) if amounts else None


def _object(raw: msgspec.Raw) -> dict[str, Any]:
    """An object as it is; whatever else Meta sends in its place has no members."""
    try:
        source = _decode(raw)
    except UnicodeDecodeError:
        # A text that was cut amid a character. The rest of the row is worth having.
        source = json.loads(bytes(raw).decode(errors="replace"), parse_float=exact)
    return source if isinstance(source, dict) else {}
