"""The README says what the package does."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

from meta_sandbox import Sandbox
from meta_sandbox._flags import parser
from meta_sandbox._graph.audiences import STATES
from meta_sandbox._graph.jobs import OUTCOMES
from meta_sandbox._protocol.route import STAGES
from meta_sandbox._serve import fault_rules
from meta_sandbox._serve.control import Control
from meta_sandbox._serve.faults import _TESTS

if TYPE_CHECKING:
    from tests.asking import Client

_README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def _flags() -> list[str]:
    (commands,) = [
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    ]
    actions = commands.choices["serve"]._actions
    return [option for action in actions for option in action.option_strings if option[:2] == "--"]


@pytest.mark.parametrize("flag", [flag for flag in _flags() if flag != "--help"])
def test_every_flag_is_in_the_table(flag: str) -> None:
    assert re.search(rf"^\| .*`{flag}[ `]", _README, re.MULTILINE)


def test_no_flag_is_made_up() -> None:
    assert set(re.findall(r"`(--[a-z-]+)", _README)) <= set(_flags())


_STRUCTS = [
    found
    for found in vars(fault_rules).values()
    if isinstance(found, type) and issubclass(found, msgspec.Struct) and found is not msgspec.Struct
]
_WORDS = {
    *(name for struct in _STRUCTS for name in struct.__struct_fields__),
    *get_args(fault_rules.Kind),
    *STAGES,
    *OUTCOMES,
}


@pytest.mark.parametrize("name", sorted(_WORDS))
def test_every_word_of_a_fault_is_explained(name: str) -> None:
    assert re.search(rf"[`\"]{name}[`\"]", _README)


def test_what_a_fault_can_look_at_is_what_it_may_name() -> None:
    assert _TESTS.keys() == set(fault_rules.Match.__struct_fields__)


# What needs Meta's SDK runs in an environment that has it, in this repository's own tests.
_BLOCKS = [
    block
    for block in re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
    if "facebook_business" not in block
]


@pytest.mark.parametrize("block", _BLOCKS)
def test_the_examples_hold(block: str) -> None:
    exec(compile(block, "README.md", "exec"), {})


def test_the_example_of_faults_does_what_it_says(client: Client) -> None:
    (faults,) = re.findall(r"```json\n(.*?)```", _README, re.DOTALL)
    assert client.send("POST", "/__sandbox/faults", data=faults).status_code == 200

    throttled = client.get(f"{client.account}/campaigns")
    assert throttled.json()["error"]["code"] == 80004
    assert '"estimated_time_to_regain_access":7' in throttled.headers["x-business-use-case-usage"]
    assert client.get(f"{client.account}/campaigns").status_code == 200

    ends = []
    for _ in range(4):
        job = client.post(f"{client.account}/insights").json()["report_run_id"]
        ends.append(client.get(job).json()["async_status"])
    assert ends == ["Job Completed", "Job Failed", "Job Failed", "Job Completed"]

    for _ in range(2):
        page = client.get(f"{client.account}/ads", limit=2).json()
        after = page["paging"]["cursors"]["after"]
        broken = client.get(f"{client.account}/ads", limit=2, after=after)
        with pytest.raises(ValueError, match="char"):
            broken.json()


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
