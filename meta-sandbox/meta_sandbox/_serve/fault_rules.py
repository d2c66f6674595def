"""What a fault may say, in its JSON form: every key, and what its value is.

The structs are the format. A fault is only checked against them: what it does is read from the JSON
itself, since an error may have members that nobody knows beforehand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

import msgspec
from msgspec import Meta, Struct

from meta_sandbox._graph.jobs import Outcome
from meta_sandbox._protocol.route import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "reset", "hang", "truncate", "short_body", "html", "empty", "drop_after", "timed_out"
]
_Name = str | int
_Count = Annotated[int, Meta(ge=0)]
_Duration = Annotated[float, Meta(ge=0)]
_Status = Annotated[int, Meta(ge=200, le=599)]


class Match(Struct, forbid_unknown_fields=True):
    """What requests must look like."""

    method: str = ""
    path: str = ""
    account_id: _Name = ""
    edge: str = ""
    stage: Stage | None = None
    page: _Name = 1
    contains: _Name = ""


class Error(Struct):
    """An error; other members go into the envelope as they are."""

    code: int = 2
    subcode: int | None = None
    http: _Status | None = None
    message: str | None = None
    type: str | None = None


class Throttle(Struct, forbid_unknown_fields=True):
    """A throttle, with the headers that say when it ends."""

    code: int = 80004
    subcode: int | None = None
    minutes: _Count = 0
    seconds: _Count = 0
    headers: dict[str, str | int | float] = {}


class Connection(Struct, forbid_unknown_fields=True):
    """How the connection misbehaves."""

    kind: Kind
    seconds: _Duration = 0
    http: _Status = 200


class Job(Struct, forbid_unknown_fields=True):
    """What becomes of a report job."""

    outcome: Outcome
    error_code: int = 0
    error_subcode: int = 0
    error_message: str = ""
    error_user_title: str = ""
    error_user_msg: str = ""
    polls: _Count = 0
    reads: _Count = 0
    percent: Annotated[int, Meta(ge=0, le=100)] = 0


class Field(Struct, forbid_unknown_fields=True):
    """A field that nobody expects, and its value."""

    name: str
    value: object = None


class Answer(Struct, forbid_unknown_fields=True):
    """What happens."""

    error: Error | None = None
    throttle: Throttle | None = None
    kind: Kind | Connection | None = None
    job: Outcome | Job | None = None
    remove_field: str = ""
    add_field: str | Field = ""
    not_found: bool = True
    permission: bool = True
    delay_ms: _Duration = 0


class Rule(Struct, forbid_unknown_fields=True):
    """A fault."""

    answer: Answer
    match: Match = msgspec.field(default_factory=Match)
    skip: _Count = 0
    times: Annotated[int, Meta(ge=1)] | None = 1


# Place in the JSON -> the keys and the values that are allowed there, for those who wrote others.
_KEYS: dict[str, tuple[str, ...]] = {
    "$": Rule.__struct_fields__,
    "$.match": Match.__struct_fields__,
    "$.answer": Answer.__struct_fields__,
    "$.answer.throttle": Throttle.__struct_fields__,
    "$.answer.kind": Connection.__struct_fields__,
    "$.answer.job": Job.__struct_fields__,
    "$.answer.add_field": Field.__struct_fields__,
}
_VALUES: dict[str, tuple[str, ...]] = {
    "$.match.stage": get_args(Stage),
    "$.answer.kind": get_args(Kind),
    "$.answer.kind.kind": get_args(Kind),
    "$.answer.job": get_args(Outcome),
    "$.answer.job.outcome": get_args(Outcome),
}


def check_rule(rule: object) -> None:
    """Check a fault in its JSON form.

    Raises:
        ValueError: A key or value is none that a fault can have.
    """
    try:
        read = msgspec.convert(rule, Rule)
    except msgspec.ValidationError as error:
        raise ValueError(_sentence(str(error))) from None
    if not cast("Mapping[str, object]", rule)["answer"]:
        raise ValueError("A fault needs an 'answer' that says what happens.")
    try:
        re.compile(read.match.path)
    except re.error as error:
        raise ValueError(f"match.path is no regular expression: {error}.") from None


def _sentence(said: str) -> str:
    """Say what msgspec found in words that name the place and what is allowed there."""
    what, _, place = said.replace("`", "'").partition(" - at ")
    place = place.strip("'") or "$"
    where = "" if place == "$" else f"In {place.removeprefix('$.')!r}: "
    allowed = (_KEYS if "unknown field" in what else _VALUES).get(place, ())
    more = f"; allowed are {', '.join(allowed)}" if allowed else ""
    return f"{where}{what[0].lower() if where else what[0]}{what[1:]}{more}."
