"""The threads of the engine, with a client that answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from meta_graph import Answer, Call, Failure, Later, UnavailableError
from tap_meta_ads.engine.engine import Engine
from tap_meta_ads.engine.schedule import Rows
from tap_meta_ads.engine.tasks import Ask, Emit, Page, Watch
from tap_meta_ads.summary.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_meta_ads.engine.schedule import Lane
    from tap_meta_ads.engine.tasks import Task

PATIENCE = 30.0
"""Seconds after which a test fails in place of hanging."""

Reply = Callable[[Call], Any]


class Tries:
    """Tries of a call: each reply is what `next` returns, or raises."""

    def __init__(self, call: Call, reply: Reply) -> None:
        self.call, self.reply = call, reply

    def next(self) -> Answer | Later:
        found = self.reply(self.call)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Later) else Answer(found)


class Client:
    """Stands in for a `GraphClient`."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def attempts(self, call: Call, _check: object = None) -> Tries:
        return Tries(call, self.reply)

    def hold(self, _call: Call) -> float:
        return 0.0

    def batch(self, calls: list[Call], *, again: bool) -> list[Any]:
        assert not again
        return [self.reply(call) for call in calls]


class Pages:
    """A track of so many tasks of one page each."""

    stream, use_case = "ads_insights", "ads_insights"

    def __init__(self, account_id: str, tasks: int, *, jobs: bool = False) -> None:
        self.account_id, self.left, self.open, self.jobs = account_id, tasks, 0, jobs

    @property
    def is_over(self) -> bool:
        return not self.left and not self.open

    def next(self) -> Task[None] | None:
        if not self.left:
            return None
        self.left, self.open = self.left - 1, self.open + 1
        return self.read(str(self.left))

    def read(self, name: str) -> Task[None]:
        if self.jobs:
            yield Watch(f"{self.account_id}{name}", self.account_id)
        page = yield Ask(Call("GET", f"{self.account_id}/{name}"), page=True)
        yield Emit(page.data)

    def finished(self, _result: None) -> None:
        self.open -= 1


def page(*names: str) -> Page:
    return Page([msgspec.Raw(msgspec.json.encode({"id": name})) for name in names])


@pytest.fixture
def made() -> Iterator[list[Engine]]:
    engines: list[Engine] = []
    yield engines
    for engine in engines:
        engine.close()


def engine(made: list[Engine], reply: Reply, most: int = 4) -> Engine:
    client: Any = Client(reply)
    made.append(
        Engine(client, max_concurrency=most, max_retry_seconds=60.0, summary=Summary("run"))
    )
    return made[-1]


def written(reader: Engine, lanes: list[Lane]) -> list[str]:
    """The ids of all rows, in the order in which they would be written."""
    left, found = list(lanes), []
    while left:
        lane = reader.choose(left)
        assert lane
        for item in reader.items(lane, left):
            if isinstance(item, Rows):
                found += [msgspec.json.decode(row)["id"] for row in item.rows]
        if lane.is_written:
            left.remove(lane)
    return found


def test_one_lane_alone_uses_all_threads(made: list[Engine]) -> None:
    together = threading.Barrier(4)

    def reply(call: Call) -> Page:
        together.wait(PATIENCE)  # breaks, unless four calls are in flight at once
        return page(call.path)

    reader = engine(made, reply)
    assert sorted(written(reader, [reader.add(Pages("1", 8))])) == [f"1/{n}" for n in range(8)]


def test_no_more_calls_are_in_flight_than_allowed(made: list[Engine]) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def reply(call: Call) -> Page:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1
        return page(call.path)

    reader = engine(made, reply, most=2)
    lanes = [reader.add(Pages(str(n), 10)) for n in range(5)]
    assert len(written(reader, lanes)) == 50
    assert most <= 2


def test_the_next_account_is_read_while_one_must_wait(made: list[Engine]) -> None:
    """It is the first in order, and Meta lets it wait for longer than the test lasts."""
    reader = engine(
        made, lambda call: Later(3600.0) if call.path.startswith("1") else page(call.path)
    )
    waiting, other = reader.add(Pages("1", 3)), reader.add(Pages("2", 3))
    lanes, found = [waiting, other], []
    while not other.is_over or other.output:
        lane = reader.choose(lanes)
        assert lane
        for item in reader.items(lane, lanes):
            if isinstance(item, Rows):
                found += [msgspec.json.decode(row)["id"] for row in item.rows]
    assert sorted(found) == ["2/0", "2/1", "2/2"]
    reader.drop(waiting)


def test_a_stream_whose_accounts_must_all_wait_lets_others_go_first(made: list[Engine]) -> None:
    held = threading.Event()

    def reply(call: Call) -> Any:  # noqa: ANN401 - a page or a wait
        if call.path.startswith("1"):
            held.set()
            return Later(3600.0)
        held.wait(PATIENCE)
        return page(call.path)

    reader = engine(made, reply)
    waiting, other = reader.add(Pages("1", 1)), reader.add(Pages("2", 1))
    assert held.wait(PATIENCE)
    while (lane := reader.choose([waiting])) is not None:
        assert list(reader.items(lane)) == []
    assert written(reader, [other]) == ["2/0"]
    reader.drop(waiting)


def test_jobs_of_several_accounts_are_looked_at_together(made: list[Engine]) -> None:
    done = {"async_status": "Job Completed", "async_percent_completion": 100}
    reader = engine(made, lambda call: page(call.path) if "/" in call.path else done)
    lanes = [reader.add(Pages("1", 2, jobs=True)), reader.add(Pages("2", 2, jobs=True))]
    assert sorted(written(reader, lanes)) == ["1/0", "1/1", "2/0", "2/1"]


def test_an_error_comes_behind_the_rows_that_came_before_it(made: list[Engine]) -> None:
    error = UnavailableError(Failure("down"))
    reader = engine(made, lambda call: error if call.path == "1/0" else page(call.path), most=1)
    lane = reader.add(Pages("1", 3))
    items = reader.items(lane)
    assert sum(isinstance(next(items), Rows) for _ in range(4)) == 2  # and what ended them
    with pytest.raises(UnavailableError, match="down"):
        next(items)


def test_an_error_that_comes_while_another_lane_is_written_is_not_lost(made: list[Engine]) -> None:
    may_fail = threading.Event()

    def reply(call: Call) -> Any:  # noqa: ANN401 - a page or an error
        if call.path.startswith("1/"):
            return page(call.path)
        assert may_fail.wait(PATIENCE)
        return UnavailableError(Failure("down"))

    reader = engine(made, reply)
    failing, other = reader.add(Pages("0", 1)), reader.add(Pages("1", 1))
    # It has brought nothing yet, the other has: it is let be.
    assert list(reader.items(failing, [other])) == []
    may_fail.set()
    while not failing.is_over:
        reader.choose([failing])
    assert not failing.is_written
    with pytest.raises(UnavailableError):
        list(reader.items(failing, [other]))
    assert failing.is_written


def test_a_defect_in_a_thread_ends_the_main_thread_too(made: list[Engine]) -> None:
    def reply(_call: Call) -> Page:
        raise ZeroDivisionError

    reader = engine(made, reply)
    lane = reader.add(Pages("1", 1))
    with pytest.raises(ZeroDivisionError):
        list(reader.items(lane))
