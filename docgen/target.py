"""The target's blocks of streams, columns, and reasons to leave things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docgen.plugins import settings_table
from docgen.tables import code, table
from target_meta_ads.audiences import plan as audience_plan
from target_meta_ads.audiences.upload import INVALID_ENTRY
from target_meta_ads.events import checks
from target_meta_ads.events import plan as event_plan
from target_meta_ads.events.parts import CUSTOM_PARTS, EVENT_PARTS
from target_meta_ads.events.upload import NOT_RECEIVED, OUTCOME_UNKNOWN
from target_meta_ads.normalisation import identifiers, keys, phones, places, values
from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.records import Reject
from target_meta_ads.streams.blocks import AUDIENCE_SCHEMA, EVENTS_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

_FORMS = {
    keys.Form.HASHED: "hash",
    keys.Form.REPEATED: "hash",
    keys.Form.PLAIN: "as it is",
    keys.Form.NUMBER: "number",
    keys.Form.CHOSEN: "by `external_id`",
}
# What is done to the cells of a column, by the function that does it.
_DONE: dict[Callable[..., Any], str] = {
    identifiers.email: "Trimmed, lower case. Dots and `+` stay.",
    phones.phone: "Country code and number, digits alone; read as people of the country write it.",
    identifiers.gender: "`f` or `m`; words of several languages.",
    keys.audience_birth_date: "Year, month and day, each by itself; in events together, as "
    "`YYYYMMDD`. Month first where a text is ambiguous.",
    identifiers.name: "Lower case, without blanks, punctuation and symbols. Accents and other "
    "scripts stay.",
    places.city: "Letters a to z and digits.",
    places.state: "In the USA its code of two letters, elsewhere letters a to z and digits.",
    places.zip_code: "Lower case, without blanks and dashes; in the USA five digits, lost "
    "zeros in front put back.",
    places.country: "Two letters, lower case; also from three letters and from names.",
    identifiers.external_id: "Trimmed. Plain for audiences and hashed for events, unless set "
    "otherwise.",
    identifiers.mobile_advertiser_id: "Lower case, with its hyphens.",
    identifiers.meta_id: "Digits.",
    identifiers.lookalike_value: "A number of 0 or more; only with `value_based`.",
    keys.ip_address: "IPv4 or IPv6, without a network's length.",
    keys.plain_text: "Trimmed.",
}
_READ: dict[Callable[..., Any], str] = {
    values.words: "text",
    values.word: "one of Meta's words",
    values.currency: "code of ISO 4217",
    values.number: "number, with its own digits",
    values.whole: "whole number",
    values.flag: "yes or no",
    values.seconds: "a time: ISO 8601 (UTC where it has no offset), or seconds since 1970",
    values.structure: "object, or one as JSON text",
    values.items: "list of objects, or one as JSON text",
    values.ids: "list of ids, or one as JSON text",
    values.options: "`LDU` or empty, as text or list, or yes or no",
}
_WHY = {
    Drop.NOT_TEXT: "Neither text nor number, or no UTF-8.",
    Drop.PLACEHOLDER: "Stands for nothing or nobody: `n/a`, `none@none.com`, `5555555555`, "
    "1 January 1900, a device id of zeros.",
    Drop.MD5: "A hash that Meta has no use for.",
    Drop.NOTHING_LEFT: "No letter or digit is left, as of a city in another alphabet.",
    Drop.NOT_AN_EMAIL: "No address, or more than one in a text.",
    Drop.NO_COUNTRY_CODE: "A number that could be of any country: set `country` or "
    "`default_country`.",
    Drop.IMPOSSIBLE_PHONE: "No phone has such a number.",
    Drop.UNKNOWN_GENDER: "Neither of the two that Meta knows; never guessed.",
    Drop.UNREADABLE_DATE: "No date that is clear, as with a year of two digits; or a hash, for "
    "audiences.",
    Drop.IMPOSSIBLE_DATE: "No such day, before 1900, or in the future.",
    Drop.UNKNOWN_STATE: "None of the USA's.",
    Drop.UNKNOWN_COUNTRY: "No country that is known; never cut to two letters.",
    Drop.IMPOSSIBLE_ZIP: "Too short or too long.",
    Drop.NOT_A_DEVICE_ID: "No advertising id; hashed ones Meta does not take.",
    Drop.NOT_A_NUMBER: "Something else than digits.",
}


def audience_settings() -> str:
    """A row for each setting of an audience's block."""
    return settings_table(AUDIENCE_SCHEMA["properties"], ["destination"])


def event_settings() -> str:
    """A row for each setting of a block of plan."""
    return settings_table(EVENTS_SCHEMA["properties"], ["destination"])


def identifier_columns() -> str:
    """A row for each column that says who a person is: Meta's keys, form, what is done."""
    rows = []
    for column in dict.fromkeys(key.column for key in keys.KEYS):
        ways = [key for key in keys.KEYS if key.column == column]
        audience = code(name for key in ways for name in key.audience)
        event = code(key.event for key in ways if key.event)
        form, done = _FORMS[ways[0].form], _DONE[ways[0].normalise]
        rows.append([f"`{column}`", audience, event, form, done])
    return table(["Column", "Audience", "Event", "Goes as", ""], rows)


def event_columns() -> str:
    """A row for each other column of an event: where it stands, how it is read, if it has to be."""
    rows = []
    for place, parts in (("event", EVENT_PARTS), ("`custom_data`", CUSTOM_PARTS)):
        for part in parts:
            end = "reject" if part.is_needed else "left out"
            rows.append([f"`{part.column}`", place, _READ[_reader(part.read)], end])
    return table(["Column", "In", "Read as", "Unreadable"], rows)


def _reader(read: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind one that remembers its texts."""
    for cell in read.__closure__ or ():
        if callable(cell.cell_contents) and not hasattr(cell.cell_contents, "cache_info"):
            return _reader(cell.cell_contents)
    return read


def drops() -> str:
    """A row for each reason why a cell that is not empty gives no identifier."""
    rows = [[f"`{drop.value}`", _WHY[drop]] for drop in Drop if drop is not Drop.EMPTY]
    return table(["Code", ""], rows)


def rejects() -> str:
    """A row for each code of a reject: audiences, events, what it means."""
    found: dict[str, str] = {}
    for module in (audience_plan, event_plan, checks):
        for value in vars(module).values():
            if isinstance(value, Reject):
                found.setdefault(value.code, value.message)
    needed = [part.column for part in EVENT_PARTS + CUSTOM_PARTS if part.is_needed]
    found["unreadable_..."] = f"A column of an event holds something that is none: {code(needed)}."
    found[INVALID_ENTRY] = "Meta took the request, and named this row invalid."
    found[OUTCOME_UNKNOWN] = (
        "A run that was cut off, or had no answer, may have sent the event, more than 48 hours ago."
    )
    found[NOT_RECEIVED] = "Meta answered, and did not count the event."
    found["100/2804003"] = "Any such pair: Meta's own code and subcode; the message has its words."
    return table(["Code", ""], [[f"`{name}`", message] for name, message in found.items()])
