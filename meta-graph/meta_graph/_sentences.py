"""What a JSON schema finds wrong with a configuration, in sentences for people. Pure.

Each names the setting, its value, the block where it is one's, and the fix; none quotes a secret.
"""

from __future__ import annotations

import difflib
import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from meta_graph._redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import jsonschema

LONGEST_QUOTE = 80
"""Characters of a value that are shown: a line for people."""

SHORTEST_SECRET = 6
"""Characters. What is shorter is nobody's token, and hiding it would tear words apart."""


class Quoter:
    """Writes values and whole sentences without the secrets of a configuration.

    A token may stand anywhere: in another setting by mistake, or within a list.

    Args:
        config: The configuration as the user gave it.
        secrets: Names of the settings that hold secrets.
    """

    def __init__(self, config: Mapping[str, Any], secrets: Iterable[str]) -> None:
        found = [text for name in secrets for text in _texts(config.get(name))]
        self.redact = Redactor(*(text for text in found if len(text) >= SHORTEST_SECRET))

    def __call__(self, value: object) -> str:
        """A value as one would write it; of a list or an object only what it is."""
        if isinstance(value, list | tuple):
            return "a list"
        if isinstance(value, dict):
            return "an object"
        # Hidden before it is cut: a part of a secret would not be known as one.
        text = (
            repr(self.redact(value)) if isinstance(value, str) else json.dumps(value, default=str)
        )
        return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 3]}..."


def secret_names(schema: Mapping[str, Any]) -> list[str]:
    """The settings that hold secrets."""
    return [name for name, about in schema["properties"].items() if about.get("secret")]


def sentences(
    errors: Iterable[jsonschema.ValidationError],
    config: Mapping[str, Any],
    schema: Mapping[str, Any],
    quote: Quoter,
    blocks: Mapping[str, str],
) -> list[str]:
    """What is wrong, a sentence for each place.

    Args:
        errors: What the schema's validator found.
        config: The configuration.
        schema: The schema of the configuration.
        quote: Writes its values.
        blocks: For each setting that holds named blocks, what people call one.
    """
    secrets = secret_names(schema)
    found = [_innermost(error) for error in errors]
    # A value of the wrong type is none of the choices either: that goes without saying.
    mistyped = [list(error.absolute_path) for error in found if error.validator == "type"]
    return [
        _sentence(
            error,
            _where(list(error.absolute_path), config, quote, blocks),
            _shown(error, secrets, quote),
        )
        for error in found
        if error.validator == "type" or list(error.absolute_path) not in mistyped
    ]


def close_to(value: str, known: Collection[str], otherwise: str) -> str:
    """A hint at what may have been meant, or another hint where nothing is close."""
    close = difflib.get_close_matches(value, known, n=1)
    return f"Did you mean `{close[0]}`?" if close else otherwise


def _innermost(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """Of a value that fits none of several forms, the part within it that does not."""
    depth = len(error.absolute_path)
    within = [part for part in error.context or () if len(part.absolute_path) > depth]
    return _innermost(within[0]) if within else error


def _sentence(error: jsonschema.ValidationError, where: str, value: str) -> str:  # noqa: PLR0911 - one per keyword
    if own := _own_words(error):
        return f"{where} is {value}. {own}"
    match error.validator:
        case "required":
            name = re.findall(r"'([^']+)' is a required", error.message)[0]
            return f"{where}: `{name}` is missing. Set it."
        case "additionalProperties":
            known = _mapping(error.schema).get("properties", {})
            unknown = min(map(str, set(_mapping(error.instance)) - set(known)))
            hint = close_to(unknown, known, f"Known: {', '.join(sorted(known))}.")
            return f"{where}: there is no setting `{_readable(unknown)}`. {hint}"
        case "type" if error.instance is None:
            return f"{where} is empty. Set it."
        case "type":
            types = [name for name in _listed(error.validator_value) if name != "null"]
            return f"{where} is {value}, and must be of type {' or '.join(types)}."
        case "enum":
            choices = ", ".join(_listed(error.validator_value))
            return f"{where} is {value}. Choose one of: {choices}."
        case "minimum" | "maximum":
            word = "least" if error.validator == "minimum" else "most"
            return f"{where} is {value}, and must be {error.validator_value} at {word}."
        case "exclusiveMinimum":
            return f"{where} is {value}, and must be above {error.validator_value}."
        case _:
            return f"{where} is {value}, which cannot stand there. Correct or remove it."


def _own_words(error: jsonschema.ValidationError) -> str | None:
    """What a schema itself says for values of the right type, in JSON schema's common way."""
    words = _mapping(error.schema).get("errorMessage")
    return words if isinstance(words, str) and error.validator != "type" else None


def _where(
    path: list[str | int], config: Mapping[str, Any], quote: Quoter, blocks: Mapping[str, str]
) -> str:
    """A setting's name for people: `account_ids[2]`, or "Report 'ads_by_age': `level`"."""
    if not path:
        return "Settings"
    setting, *rest = path
    if setting in blocks and rest:
        # The blocks of an object are named by its keys, those of a list by themselves.
        key = rest[0]
        name = key if isinstance(key, str) else _mapping(config[str(setting)][key]).get("name")
        if isinstance(name, str):
            block = f"{blocks[str(setting)]} {quote(name)}"
            return f"{block}: {_path(rest[1:])}" if rest[1:] else block
    return _path(path)


def _path(path: list[str | int]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{_readable(part)}" for part in path)
    return f"`{''.join(parts).lstrip('.')}`"


def _readable(name: str) -> str:
    """A name that the user made up, on one line."""
    return name if name.isprintable() else repr(name)


def _shown(error: jsonschema.ValidationError, secrets: Collection[str], quote: Quoter) -> str:
    path = error.absolute_path
    return "a secret of another type" if path and path[0] in secrets else quote(error.instance)


def _texts(value: object) -> Iterator[str]:
    """All texts within a value, and numbers as texts: a secret of the wrong type is one still."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _listed(value: object) -> list[str]:
    """The texts of a JSON schema keyword that takes one value or several; null is no choice."""
    items = [item for item in (value if isinstance(value, list) else [value]) if item]
    # The SDK writes members of an Enum, whose own text would be its Python name.
    return [str(item.value if isinstance(item, Enum) else item) for item in items]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
