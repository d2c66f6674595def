"""Requests on their way, and those that a dry run only writes down."""

from __future__ import annotations

import json
from threading import Event, get_ident
from typing import TYPE_CHECKING, Any, cast

import pytest

from meta_graph import Call, ClientClosedError, GraphClient, NotFoundError
from target_meta_ads.delivery.dry_run import DryRun
from target_meta_ads.delivery.senders import Answered, Senders
from target_meta_ads.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_meta_ads.delivery.destinations import Request

DEADLINE = 10.0


class Client:
    """Carries a call out by the function of its path."""

    def __init__(self, **paths: Callable[[], Any]) -> None:
        self._paths = paths

    def send(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        return self._paths[call.path]()


def senders(most: int, **paths: Callable[[], Any]) -> Senders[str]:
    return Senders[str](cast("GraphClient", Client(**paths)), most)


@pytest.fixture
def gate() -> Iterator[Event]:
    gate = Event()
    yield gate
    gate.set()  # whatever failed, no thread is left waiting


def held(gate: Event, payload: Any) -> Callable[[], Any]:  # noqa: ANN401 - JSON
    """Answers once the gate is open."""

    def answer() -> Any:  # noqa: ANN401 - JSON
        assert gate.wait(DEADLINE)
        return payload

    return answer


def test_answers_come_with_what_they_are_about(gate: Event) -> None:
    sends = senders(2, fast=lambda: {"a": 1}, slow=held(gate, {"b": 2}))
    assert list(sends.answers()) == []
    assert list(sends.answers(wait=True)) == []  # nothing is in flight
    sends.send(Call("POST", "slow"), "the slow one")
    assert sends.has_room
    sends.send(Call("POST", "fast"), "the fast one")
    assert (sends.has_room, sends.in_flight) == (False, 2)
    assert list(sends.answers(wait=True)) == [Answered("the fast one", {"a": 1}, None)]
    assert (sends.has_room, sends.in_flight) == (True, 1)
    assert list(sends.answers()) == []
    gate.set()
    assert list(sends.answers(wait=True)) == [Answered("the slow one", {"b": 2}, None)]
    assert sends.in_flight == 0
    sends.close()


def test_metas_errors_are_answers() -> None:
    error = NotFoundError("Gone.")

    def fail() -> Any:  # noqa: ANN401 - JSON
        raise error

    sends = senders(1, bad=fail)
    sends.send(Call("POST", "bad"), "it")
    assert list(sends.answers(wait=True)) == [Answered("it", None, error)]
    sends.close()


def test_a_bug_leaves_nobody_waiting() -> None:
    def fail() -> Any:  # noqa: ANN401 - JSON
        raise ZeroDivisionError

    sends = senders(1, bad=fail)
    sends.send(Call("POST", "bad"), "it")
    (answer,) = sends.answers(wait=True)
    assert answer.about == "it"
    assert isinstance(answer.error, ClientClosedError)
    assert "ZeroDivisionError" in str(answer.error)
    sends.close()


def test_only_sending_happens_on_other_threads() -> None:
    sends = senders(1, who=get_ident)
    sends.send(Call("POST", "who"), "it")
    (answer,) = sends.answers(wait=True)
    assert answer.payload != get_ident()
    sends.close()


def test_close_waits_for_what_is_on_its_way_and_its_answer_can_be_had(gate: Event) -> None:
    sends = senders(1, one=held(gate, 1))
    sends.send(Call("POST", "one"), "one")
    gate.set()
    sends.close()
    assert [answer.payload for answer in sends.answers()] == [1]


# Dry runs.


def request(name: str) -> Request:
    return cast("Request", name)


def test_a_dry_run_writes_down_what_it_would_send(tmp_path: Path) -> None:
    path = tmp_path / "new" / "dry_run.jsonl"
    run = DryRun(str(path))
    body = b'{"data":[["a"]],"value":1.50}'
    run.send(Call("POST", "1/users", json=body), request("one"))
    run.send(Call("DELETE", "2/users", json=b"{}"), request("two"))
    run.write(Call("POST", "act_7/customaudiences", {"name": "New", "subtype": "CUSTOM"}))
    assert run.has_room
    assert run.in_flight == 2
    assert list(run.answers()) == [
        Answered(request("one"), {}, None),
        Answered(request("two"), {}, None),
    ]
    assert run.in_flight == 0
    assert list(run.answers(wait=True)) == []
    run.close()
    lines = path.read_bytes().splitlines()
    assert lines[0] == b'{"method":"POST","path":"1/users","body":' + body + b"}"
    assert [json.loads(line) for line in lines[1:]] == [
        {"method": "DELETE", "path": "2/users", "body": {}},
        {
            "method": "POST",
            "path": "act_7/customaudiences",
            "body": {"name": "New", "subtype": "CUSTOM"},
        },
    ]


def test_a_dry_run_begins_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "dry_run.jsonl"
    path.write_text("of an earlier run\n")
    DryRun(str(path)).close()
    assert path.read_bytes() == b""


def test_a_dry_run_whose_file_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="`dry_run_path`"):
        DryRun(str(tmp_path))
