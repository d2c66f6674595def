"""The forms of the page for people: what each does, and the section of the page that shows it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meta_sandbox._serve.engine import Engine

    Fields = Mapping[str, str]

#: Name in the form -> what a person reads, and the fault's answer.
ANSWERS: dict[str, tuple[str, Mapping[str, object]]] = {
    "throttle": ("throttled for 5 minutes (80004)", {"throttle": {"code": 80004, "minutes": 5}}),
    "reduce": ("reduce the amount of data (1)", {"error": {"code": 1}}),
    "unavailable": ("service unavailable (2)", {"error": {"code": 2}}),
    "expired": ("access token expired (190/463)", {"error": {"code": 190, "subcode": 463}}),
    "permission": ("no permission (200)", {"permission": True}),
    "not_found": ("no such object (100/33)", {"not_found": True}),
    "reset": ("connection cut, nothing done", {"kind": "reset"}),
    "drop_after": ("connection cut, work done", {"kind": "drop_after"}),
    "hang": ("no answer for 30 s", {"kind": {"kind": "hang", "seconds": 30}}),
    "slow": ("answer 2 s later", {"delay_ms": 2000}),
    "truncate": ("half of the JSON", {"kind": "truncate"}),
    "html": ("page of HTML (502)", {"kind": "html"}),
    "empty": ("no body (500)", {"kind": "empty"}),
    "job_failed": ("report job fails", {"job": "failed"}),
    "job_stuck": ("report job never ends", {"job": "stuck"}),
}
#: Seconds by which a button moves the clock, and what it says.
STEPS = (
    (60, "1 min"),
    (3_600, "1 h"),
    (86_400, "1 day"),
    (604_800, "7 days"),
    (2_419_200, "28 days"),
)
_MATCHED = ("stage", "account_id", "edge")


def act(engine: Engine, fields: Fields) -> str:
    """Do what a form asks for.

    Args:
        engine: The sandbox's engine.
        fields: The form; ``action`` says which one it is.

    Returns:
        The section of the page to show then.

    Raises:
        ValueError: The form cannot be read; the message is one for people.
    """
    action = fields.get("action", "")
    if action not in _ACTIONS:
        raise ValueError(f"An action is one of {', '.join(_ACTIONS)}, not {action!r}.")
    return _ACTIONS[action](engine, fields)


def rule_of(fields: Fields) -> dict[str, object]:
    """Return the fault that the fields of the form describe, in its JSON form.

    Raises:
        ValueError: A number is none, or there is no such answer.
    """
    what = fields.get("what", "")
    if what not in ANSWERS:
        raise ValueError(f"What happens is one of {', '.join(ANSWERS)}, not {what!r}.")
    match = {name: fields[name].strip() for name in _MATCHED if fields.get(name, "").strip()}
    return {
        "match": match,
        "skip": _whole(fields, "skip", 0),
        "times": None if fields.get("forever") else _whole(fields, "times", 1),
        "answer": ANSWERS[what][1],
    }


def _whole(fields: Fields, name: str, least: int) -> int:
    text = fields.get(name, "").strip() or str(least)
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"{name!r} is a whole number of at least {least}, not {text!r}.")
    return int(text)


def _add_fault(engine: Engine, fields: Fields) -> str:
    engine.faults.add(rule_of(fields))
    return "faults"


def _add_rules(engine: Engine, fields: Fields) -> str:
    try:
        rules = json.loads(fields.get("rules", ""))
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error}.") from None
    engine.faults.add(rules)
    return "faults"


def _remove_fault(engine: Engine, fields: Fields) -> str:
    engine.faults.remove(_whole(fields, "number", 1))
    return "faults"


def _clear_faults(engine: Engine, _: Fields) -> str:
    engine.faults.clear()
    return "faults"


def _advance(engine: Engine, fields: Fields) -> str:
    engine.world.clock.advance(_whole(fields, "seconds", 1))
    return "clock"


def _set_now(engine: Engine, fields: Fields) -> str:
    text = fields.get("now", "")
    try:
        now = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant such as 2026-11-20T12:00:00.") from None
    engine.world.clock.set(now.replace(tzinfo=now.tzinfo or timezone.utc))
    return "clock"


def _clear_requests(engine: Engine, _: Fields) -> str:
    engine.log.clear()
    return "requests"


def _clear_received(engine: Engine, _: Fields) -> str:
    engine.graph.writes.clear()
    return "audiences"


_ACTIONS: dict[str, Callable[[Engine, Fields], str]] = {
    "add_fault": _add_fault,
    "add_rules": _add_rules,
    "remove_fault": _remove_fault,
    "clear_faults": _clear_faults,
    "advance": _advance,
    "set_now": _set_now,
    "clear_requests": _clear_requests,
    "clear_received": _clear_received,
}
