"""The README says what the package does."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from meta_sandbox import Sandbox
from meta_sandbox._graph.jobs import OUTCOMES
from meta_sandbox._protocol.route import STAGES
from meta_sandbox._serve.faults import _ANSWERS, _TESTS, KINDS
from meta_sandbox.cli import _parser

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


def test_the_example_holds() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})


def test_every_public_member_has_a_docstring() -> None:
    members = [name for name in dir(Sandbox) if not name.startswith("_")]
    assert all((getattr(Sandbox, name).__doc__ or "").strip() for name in members)
