"""Records of people into members of an audience. Pure.

A plan is made once per stream and reads every record by the same short loop: it runs for each of
millions of records. That is why it asks for `type` and calls few small functions.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.slots import audience_slot
from target_meta_ads.normalisation.cells import Drop, text
from target_meta_ads.normalisation.hashing import DIGEST_LENGTH, already
from target_meta_ads.normalisation.keys import KEYS
from target_meta_ads.normalisation.slots import LISTS, country_of, read_all
from target_meta_ads.normalisation.values import Unreadable, options, whole
from target_meta_ads.records import KEY_BYTES, Member, Reject, key_of
from target_meta_ads.streams.blocks import ERASE, REMOVE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from target_meta_ads.normalisation.quality import Quality
    from target_meta_ads.normalisation.slots import Slot
    from target_meta_ads.streams.blocks import AudienceStream

_EXTERN_ID = rows.bits("EXTERN_ID")
_PAGEUID = rows.bits("PAGEUID")
_VALUE = rows.bits("LOOKALIKE_VALUE")
_OPTIONAL = _EXTERN_ID | _VALUE | _PAGEUID
_STRONG = rows.bits(*rows.STRONG_KEYS)
_NAMES = rows.bits("FN", "LN")
_BESIDE_NAMES = rows.bits("DOBY", "ZIP", "CT")
_PLAIN = rows.bits(*rows.PLAIN_KEYS)
_EXTERN_ID_AT = rows.KEYS.index("EXTERN_ID")
_BIRTH_YEAR = rows.KEYS.index("DOBY")
_BIRTH_AFTER_YEAR = {_BIRTH_YEAR + 1, _BIRTH_YEAR + 2}
# Of a list of birth dates or values the first good one counts: a person has one.
_MANY = ~rows.bits("DOBY", "DOBM", "DOBD", "LOOKALIKE_VALUE")

_OPTIONS: tuple[tuple[str, str, Callable[[object], Any]], ...] = (
    ("data_processing_options", "DATA_PROCESSING_OPTIONS", options),
    ("data_processing_options_country", "DATA_PROCESSING_OPTIONS_COUNTRY", whole),
    ("data_processing_options_state", "DATA_PROCESSING_OPTIONS_STATE", whole),
)

_NO_KEY = Reject("no_key", "A column of the stream's key is empty.")
_NO_AUDIENCE = Reject("no_audience", "The column that names the audience is empty.")
_UNKNOWN_OPERATION = Reject(
    "unknown_operation", "The operation column says neither add nor remove."
)
_NO_IDENTIFIER = Reject("no_identifier", "No identifier is left that Meta could match a person by.")
_NO_VALUE = Reject(
    "no_value", "The audience is value-based, and the record has no value of 0 or more."
)
_UNREADABLE_OPTIONS = Reject(
    "unreadable_data_processing_options", "The data processing options are not what Meta knows."
)

_IS_REMOVAL = {"add": False, "remove": True}


def can_match(filled: int) -> bool:
    """Whether a row can be matched to one person.

    By one of the strong keys, or by both names together with a birth date, a ZIP code or a city.

    Args:
        filled: Which of `rows.KEYS` the row has, see `rows.bits`.
    """
    return bool(filled & _STRONG) or (filled & _NAMES == _NAMES and bool(filled & _BESIDE_NAMES))


class MemberPlan:
    """How the records of one stream become members.

    Args:
        stream: The stream's block.
        properties: The columns of its SCHEMA.
        key_properties: Its key properties; may be empty.
        quality: Counts what was filled and dropped; gets a line for each column that is read.
        default_country: Two letters, for phones, states and ZIP codes without a country.
        today: Birth dates end here.
    """

    def __init__(
        self,
        stream: AudienceStream,
        properties: Collection[str],
        key_properties: Sequence[str],
        quality: Quality,
        default_country: str | None,
        today: date,
    ) -> None:
        self._quality = quality
        self._keys = tuple(key_properties)
        self._default_country = default_country.lower() if default_country else None
        self._audience_column = stream.audience_column
        self._operation_column = stream.operation_column
        self._only_removes = stream.sync_mode in {REMOVE, ERASE}
        # An erasure looks nobody up by a key, and streams whose keys mean others share it.
        self._goes_by_key = bool(self._keys) and stream.sync_mode != ERASE
        columns = {
            name: stream.fields.get(name, name)
            for name in (*(key.column for key in KEYS), *(name for name, _, _ in _OPTIONS))
        }
        columns = {name: column for name, column in columns.items() if column in properties}
        self._country_column = columns.get("country")
        unused = {"value"} if not stream.value_based else set()
        unused |= {"page_scoped_user_id"} if stream.page_id is None else set()
        slots = [
            audience_slot(
                key,
                columns[key.column],
                is_external_id_hashed=stream.external_id == "sha256",
                quality=quality,
                today=today,
            )
            for key in KEYS
            if key.audience and key.column in columns and key.column not in unused
        ]
        # In the order of the cells, which the short way depends on.
        slots.sort(key=lambda slot: slot.place)
        self._adding = tuple(slots)
        self._removing = tuple(slot for slot in slots if slot.mask != _VALUE)
        self._options = [
            (columns[name], rows.KEYS.index(key), read)
            for name, key, read in _OPTIONS
            if name in columns
        ]
        self._schema = sum(slot.mask for slot in slots) & ~_OPTIONAL
        self._option_bits = sum(1 << place for _, place, _ in self._options)
        # One audience is value-based as a whole; of many, those whose rows have values are.
        self._needs_value = stream.value_based and stream.audience_column is None

    def member(self, record: Mapping[str, Any]) -> Member | Reject:
        """Make a member of a record, or say why it is none."""
        get = record.get
        identity = tuple([get(name) for name in self._keys])
        if None in identity:
            return _NO_KEY
        audience: str | None = None
        if self._audience_column is not None:
            named = text(get(self._audience_column))
            if isinstance(named, Drop):
                return _NO_AUDIENCE
            audience = named
        # First, for a tap that reads a log sends of a deleted row its key and this time alone.
        is_removal = self._only_removes or bool(get("_sdc_deleted_at"))
        if not is_removal and self._operation_column is not None:
            said = _operation(get(self._operation_column))
            if said is None:
                return _UNKNOWN_OPERATION
            is_removal = said
        self._quality.records += 1
        packed = self._packed(record, is_removal=is_removal)
        if packed is _NO_IDENTIFIER and is_removal and identity and not self._only_removes:
            packed = b""  # the ledger may know who that is
        if isinstance(packed, Reject):
            return packed
        if self._goes_by_key:
            key = key_of(identity)
        else:
            key = sha256(rows.removal(packed)).digest()[:KEY_BYTES]
        return Member(key, identity, audience, is_removal, packed)

    def _packed(self, record: Mapping[str, Any], *, is_removal: bool) -> bytes | Reject:
        slots = self._removing if is_removal else self._adding
        filled, cells, many = self._read(record, slots)
        if not can_match(filled):
            return _NO_IDENTIFIER
        schema = self._schema | filled & _OPTIONAL
        if not is_removal:
            if self._needs_value and not filled & _VALUE:
                return _NO_VALUE
            if self._options:
                read_options = self._read_options(record)
                if isinstance(read_options, Reject):
                    return read_options
                bits, more = read_options
                plain = (filled & _PLAIN).bit_count()
                cells[plain:plain] = more
                filled |= bits
                schema |= self._option_bits
        if many or filled & _PAGEUID:
            return _pack_many(schema, filled, cells, many)
        return rows.pack_one(schema, filled, cells)

    def _read(
        self, record: Mapping[str, Any], slots: Iterable[Slot]
    ) -> tuple[int, list[bytes], dict[int, list[bytes]]]:
        """Read the cells: which keys are filled, the first cell of each, all where several are."""
        get = record.get
        country = self._default_country
        if self._country_column is not None:
            country = country_of(get(self._country_column), country)
        filled = 0
        cells: list[bytes] = []
        many: dict[int, list[bytes]] = {}
        for slot in slots:
            column, normalise, is_by_country, encode, place, mask, quality, _ = slot
            cell = get(column)
            if cell is None:
                quality.blank += 1
                continue
            if cell[:1] == "[" if type(cell) is str else isinstance(cell, LISTS):
                found = read_all(slot, cell, country)
                if found:
                    cells.append(found[0])
                    filled |= mask
                if len(found) > 1 and mask & _MANY:
                    many[place] = sorted(found)
                continue
            read = normalise(cell, country) if is_by_country else normalise(cell)
            if isinstance(read, Drop):
                quality.drop(read)
                continue
            if len(read) == DIGEST_LENGTH and already(read):
                quality.hashed_already += 1
            cells.append(encode(read))
            filled |= mask
        return filled, cells, many

    def _read_options(self, record: Mapping[str, Any]) -> tuple[int, list[bytes]] | Reject:
        """Read limited data use: which cells are filled, and they. Off is the same as not said."""
        bits, cells = 0, []
        for column, place, read in self._options:
            try:
                found = read(record.get(column))
            except Unreadable:
                return _UNREADABLE_OPTIONS
            if found:
                cells.append(rows.plain_cell(found if isinstance(found, list) else str(found)))
                bits |= 1 << place
        return bits, cells


def _operation(value: object) -> bool | None:
    """Whether an operation is a removal; None when it is none that is known."""
    if not isinstance(value, str):
        return None
    found = _IS_REMOVAL.get(value)
    return _IS_REMOVAL.get(value.strip().lower()) if found is None else found


def _pack_many(
    schema: int, filled: int, cells: Sequence[bytes], many: Mapping[int, Sequence[bytes]]
) -> bytes:
    """Pack a person of several rows, or one whose row is that of a page.

    Keys with one value stand in every row; of those with several, the first go together, then the
    second, and so on, until all have had a turn. What cannot be matched by itself is left out.

    Args:
        schema: Which keys the rows have.
        filled: Which of them are filled.
        cells: The first cell of each that is filled, in their order.
        many: All cells of those that have several, sorted, by index of `rows.KEYS`.
    """
    if filled & _PAGEUID:  # Meta takes these ids in rows of their own alone
        schema = _PAGEUID
    row = [b""] * len(rows.KEYS)
    left = iter(cells)
    for place in rows.places(filled):
        if place == _BIRTH_YEAR:
            birth = next(left)
            row[place : place + 3] = birth[:32], birth[32:64], birth[64:]
        elif place not in _BIRTH_AFTER_YEAR:
            row[place] = next(left)
    made = []
    for turn in range(min(max(map(len, many.values()), default=1), rows.MOST_ROWS)):
        row = row.copy()
        for place, found in many.items():
            if turn < len(found):
                row[place] = found[turn]
            elif place != _EXTERN_ID_AT:  # never blank: Meta refuses such a row
                row[place] = b""
                filled &= ~(1 << place)
        if can_match(filled & schema):
            made.append(row)
    return rows.pack(schema, made)
