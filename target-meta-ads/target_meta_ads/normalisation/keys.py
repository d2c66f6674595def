"""The columns that say who a person is, and what each becomes at Meta: `KEYS`, as data.

A key of an audience is one of the `schema` of a request ("Hashing and Normalization for Multi-Key"
of the guide to Custom Audiences); one of an event stands in its `user_data` ("Customer Information
Parameters" of the Conversions API). A new key is a line here, and a name in `rows.KEYS` where
audiences know it.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from target_meta_ads.normalisation import birth_dates, identifiers, phones, places
from target_meta_ads.normalisation.cells import NOTHING_WORDS, Drop, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date


class Form(Enum):
    """How the normalised text of a key is sent."""

    HASHED = "hashed"
    REPEATED = "repeated"  # hashed too, and the same texts come again and again
    PLAIN = "plain"
    NUMBER = "number"  # a whole number, plain
    CHOSEN = "chosen"  # by the stream's `external_id`: plain or hashed


class Key(NamedTuple):
    """One column and what it becomes.

    Attributes:
        column: Our name of the column.
        normalise: Gives the text that is hashed or sent.
        form: How it is sent.
        audience: Meta's keys in an audience; a birth date is three. Empty when audiences have none.
        event: Meta's key in `user_data`; None when events have none.
        is_by_country: Whether `normalise` is to know the person's country.
        is_by_day: Whether it is to know today's date.
        is_personal: Whether its values are hidden where records are named.
    """

    column: str
    normalise: Callable[..., str | Drop]
    form: Form
    audience: tuple[str, ...] = ()
    event: str | None = None
    is_by_country: bool = False
    is_by_day: bool = False
    is_personal: bool = True


_LONGEST_WORD = max(map(len, NOTHING_WORDS))


def plain_text(value: object) -> str | Drop:
    """Read what is sent as it is: trimmed, and no word for "nothing" such as "undefined"."""
    found = text(value)
    if isinstance(found, Drop) or len(found) > _LONGEST_WORD:
        return found
    return Drop.PLACEHOLDER if found.lower() in NOTHING_WORDS else found


_IP_ADDRESS = re.compile(
    r"((?:\d{1,3}\.){3}\d{1,3}|(?=[^:]*:[^:]*:)[0-9a-f:]+(?:(?:\d{1,3}\.){3}\d{1,3})?)(?:/\d{1,3})?",
    re.ASCII | re.IGNORECASE,
)
_NO_ADDRESSES = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104 - dropped, not bound


def ip_address(value: object) -> str | Drop:
    """Read an IPv4 or IPv6 address; of a database's `inet`, without the length of its network."""
    found = _IP_ADDRESS.fullmatch(value) if type(value) is str else None
    if found is None:
        read = plain_text(value)
        if isinstance(read, Drop):
            return read
        found = _IP_ADDRESS.fullmatch(read)
        if found is None:
            return Drop.NOT_TEXT
    return Drop.PLACEHOLDER if found[1] in _NO_ADDRESSES else found[1]


def audience_birth_date(value: object, today: date) -> str | Drop:
    """Normalise like `birth_date`; a digest is dropped: year, month and day are hashed apart."""
    found = birth_dates.birth_date(value, today)
    if isinstance(found, Drop) or found.isdecimal():
        return found
    return Drop.UNREADABLE_DATE


_HASHED, _REPEATED, _PLAIN, _NUMBER = Form.HASHED, Form.REPEATED, Form.PLAIN, Form.NUMBER
_BIRTH = ("DOBY", "DOBM", "DOBD")

KEYS = (
    Key("email", identifiers.email, _HASHED, ("EMAIL",), "em"),
    Key("phone", phones.phone, _HASHED, ("PHONE",), "ph", is_by_country=True),
    Key("gender", identifiers.gender, _REPEATED, ("GEN",), "ge"),
    Key("birth_date", audience_birth_date, _REPEATED, _BIRTH, is_by_day=True),
    Key("birth_date", birth_dates.birth_date, _REPEATED, (), "db", is_by_day=True),
    Key("last_name", identifiers.name, _REPEATED, ("LN",), "ln"),
    Key("first_name", identifiers.name, _REPEATED, ("FN",), "fn"),
    Key("city", places.city, _REPEATED, ("CT",), "ct"),
    Key("state", places.state, _REPEATED, ("ST",), "st", is_by_country=True),
    Key("zip", places.zip_code, _REPEATED, ("ZIP",), "zp", is_by_country=True),
    Key("country", places.country, _REPEATED, ("COUNTRY",), "country"),
    Key(
        "external_id",
        identifiers.external_id,
        Form.CHOSEN,
        ("EXTERN_ID",),
        "external_id",
        is_personal=False,
    ),
    Key("mobile_advertiser_id", identifiers.mobile_advertiser_id, _PLAIN, ("MADID",), "madid"),
    Key(
        "page_scoped_user_id",
        identifiers.meta_id,
        _PLAIN,
        ("PAGEUID",),
        "page_scoped_user_id",
    ),
    Key("value", identifiers.lookalike_value, _PLAIN, ("LOOKALIKE_VALUE",), is_personal=False),
    Key("client_ip_address", ip_address, _PLAIN, (), "client_ip_address"),
    Key("client_user_agent", plain_text, _PLAIN, (), "client_user_agent"),
    Key("fbc", plain_text, _PLAIN, (), "fbc"),
    Key("fbp", plain_text, _PLAIN, (), "fbp"),
    Key("lead_id", identifiers.meta_id, _NUMBER, (), "lead_id", is_personal=False),
    Key("fb_login_id", identifiers.meta_id, _NUMBER, (), "fb_login_id"),
    Key("subscription_id", plain_text, _PLAIN, (), "subscription_id", is_personal=False),
    Key("anon_id", plain_text, _PLAIN, (), "anon_id"),
    Key("page_id", identifiers.meta_id, _PLAIN, (), "page_id", is_personal=False),
    Key("ctwa_clid", plain_text, _PLAIN, (), "ctwa_clid"),
    Key("ig_account_id", identifiers.meta_id, _PLAIN, (), "ig_account_id", is_personal=False),
    Key("ig_sid", plain_text, _PLAIN, (), "ig_sid"),
)
"""Every column that says who a person is. Meta's data options and an event's own columns, which say
nothing about a person, stand in `audiences.plan` and `events.parts`."""


def person_columns(fields: Mapping[str, str]) -> frozenset[str]:
    """The record's columns whose values are personal data; an `external_id` is none.

    A column that has one of our names counts even when `fields` takes another one for it.

    Args:
        fields: The stream's `fields`: our name to the record's.
    """
    ours = {key.column for key in KEYS if key.is_personal}
    return frozenset(ours | {column for name, column in fields.items() if name in ours})
