"""The README says what the package does."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from meta_sandbox import Sandbox
from meta_sandbox._graph.audiences import STATES
from meta_sandbox._graph.jobs import OUTCOMES
from meta_sandbox._protocol.route import STAGES
from meta_sandbox._serve.control import Control
from meta_sandbox._serve.faults import _ANSWERS, _TESTS, KINDS
from meta_sandbox.cli import _parser

if TYPE_CHECKING:
    from tests.asking import Client

_README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def _flags() -> list[str]:
    (commands,) = [
        action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)
    ]
    actions = commands.choices["serve"]._actions
    return [option for action in actions for option in action.option_strings if option[:2] == "--"]


@pytest.mark.parametrize("flag", [flag for flag in _flags() if flag != "--help"])
def test_every_flag_is_in_the_table(flag: str) -> None:
    assert re.search(rf"^\| .*`{flag}[ `]", _README, re.MULTILINE)


def test_no_flag_is_made_up() -> None:
    assert set(re.findall(r"`(--[a-z-]+)", _README)) <= set(_flags())


@pytest.mark.parametrize("name", sorted(KINDS | _ANSWERS | _TESTS.keys() | set(STAGES) | OUTCOMES))
def test_every_word_of_a_fault_is_explained(name: str) -> None:
    assert re.search(rf"[`\"]{name}[`\"]", _README)


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", _README, re.DOTALL))
def test_the_examples_hold(block: str) -> None:
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_explained_with_its_code(state: str) -> None:
    code, subcode, _ = STATES[state]
    said = f"{code}" if subcode is None else f"{code}/{subcode}"
    assert re.search(rf"`{state}`\s\({said}\)", _README)


def test_every_page_of_the_sandbox_is_in_the_table(shared: Client) -> None:
    app = Control(shared.sandbox.engine).app()
    paths = {getattr(route, "path", "") for route in app.routes}
    for path in paths:
        written = re.sub(r"\{kind\}", "{accounts", path).replace("{audience_id}", "{id}")
        assert written.rstrip("/") in _README, path


def test_every_public_member_is_in_the_table() -> None:
    members = [name for name in dir(Sandbox) if not name.startswith("_")]
    for name in set(members) - {"start", "stop", "run"}:
        assert re.search(rf"`{name}[(`]", _README), name


def test_every_public_member_has_a_docstring() -> None:
    members = [name for name in dir(Sandbox) if not name.startswith("_")]
    assert all((getattr(Sandbox, name).__doc__ or "").strip() for name in members)
