"""Parameters as Graph takes them: text or JSON, lists with commas or in brackets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from meta_sandbox._protocol.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

Params = dict[str, object]
_BRACKETS = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])+)$")
_INNER = re.compile(r"\[([^\[\]]*)\]")


def parse_form(text: str) -> Params:
    """Parse a query string or form body.

    ``time_range[since]=2026-01-01`` becomes an object, ``effective_status[]=ACTIVE`` and
    ``effective_status[0]=ACTIVE`` become lists; all else stays text.
    """
    params: Params = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _BRACKETS.match(key)
        if match is None:
            params[key] = value
            continue
        name, inner = match[1], _INNER.findall(match[2])[0]
        held = params.get(name)
        if inner == "" or inner.isdecimal():
            items = held if isinstance(held, list) else []
            params[name] = [*items, value]
        else:
            members = held if isinstance(held, dict) else {}
            params[name] = {**members, inner: value}
    return params


def text_of(params: Mapping[str, object], name: str) -> str | None:
    """Return a parameter as text; None when it is absent or empty."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def json_of(params: Mapping[str, object], name: str) -> object:
    """Return a parameter that holds JSON, decoded; None when it is absent or empty.

    Raises:
        GraphError: It is not valid JSON. Single quotes for double ones are taken, as Graph does.
    """
    value = params.get(name)
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    for text in (value, value.replace("'", '"')):
        try:
            decoded: object = msgspec.json.decode(text)
        except msgspec.DecodeError:
            continue
        return decoded
    raise GraphError(100, f"(#100) Param {name} must be valid JSON")


def list_of(params: Mapping[str, object], name: str) -> list[str] | None:
    """Return a parameter that is a list of names; None when it is absent.

    Taken are a JSON array, names with commas between, and repeated ``name[]``.

    Raises:
        GraphError: It is an object or broken JSON.
    """
    value = params.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith(("[", "{")):
            return [part.strip() for part in text.split(",") if part.strip()]
        value = json_of(params, name)
    if not isinstance(value, list):
        raise GraphError(100, f"(#100) Param {name} must be an array.")
    return [str(item) for item in value]


def whole_of(params: Mapping[str, object], name: str) -> int | None:
    """Return a parameter that is a whole number; None when it is absent.

    Raises:
        GraphError: It is none.
    """
    text = text_of(params, name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise GraphError(100, f"(#100) Param {name} must be an integer") from None


def flag_of(params: Mapping[str, object], name: str, *, default: bool = False) -> bool:
    """Return a parameter that is true or false."""
    text = text_of(params, name)
    return default if text is None else text.lower() in {"true", "1"}
