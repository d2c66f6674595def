"""Who is next: the open tasks, what they wait for, and how much of what they read may pile up.

Times go in, steps come out; no thread, no lock and no network. `engine` carries the steps out and
brings their answers back.

Lanes stand in the order in which the SDK will ask for their rows. A free hand takes up the first
thing of the first lane that can go on, so what is written next is read first, and everything else
ahead of its time, as far as there is room. Nothing here ever waits: what must, lies aside until its
time comes, and others go on.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from meta_graph import MAX_BATCH, GraphError, ThrottledError
from tap_meta_ads.engine.jobs import FIRST_LOOK, Job, look_at
from tap_meta_ads.engine.tasks import Ask, AskAll, Emit, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import msgspec

    from meta_graph import Call
    from tap_meta_ads.engine.tasks import Need, Task, Track

ROOM = 24 * 1024 * 1024
"""Bytes of rows that may have been read and not yet been written."""

FIRST_PAGE = 512 * 1024
"""Bytes that a lane's first page may have; after it, what the last one had."""

LONG = 5.0
"""Seconds. Who must wait longer is passed over in the writing too."""

AHEAD = 4
"""So many times `max_concurrency` tasks may be open at once in lanes that are read ahead."""


@dataclass(frozen=True)
class Rows:
    """Rows that can be written.

    Attributes:
        rows: As Meta wrote them.
        size: Bytes that they occupy.
    """

    rows: list[msgspec.Raw] = field(repr=False)
    size: int = 0


@dataclass(frozen=True)
class Finished:
    """A task has ended; its rows stand before this.

    Attributes:
        result: What it returned.
    """

    result: Any


@dataclass(eq=False)
class OpenTask:
    """A task that has begun and not ended.

    Attributes:
        lane: Its lane.
        task: The generator.
        need: What it waits for.
        ready_at: Before this time nothing can be done for it.
        is_busy: Whether a thread is at it, or a job is running for it.
        tries: The tries of its call; made and used by `engine`.
    """

    lane: Lane
    task: Task[Any]
    need: Need | None = None
    ready_at: float = -math.inf
    is_busy: bool = False
    tries: Any = None


@dataclass(eq=False)
class Lane:
    """A track on its way.

    Attributes:
        track: The track.
        tasks: Its open tasks, in the order in which they began.
        output: What the main thread can take.
        error: What it ended with, behind all output.
        is_over: Whether nothing more will come.
        is_written: Whether the main thread has had all of it, the error too.
        page_bytes: Bytes that its next page may have.
        size: Bytes of its output.
        reserved: Bytes that its calls under way may bring.
    """

    track: Track
    tasks: list[OpenTask] = field(default_factory=list)
    output: deque[Rows | Finished] = field(default_factory=deque)
    error: Exception | None = None
    is_over: bool = False
    is_written: bool = False
    page_bytes: int = FIRST_PAGE
    size: int = 0
    reserved: int = 0


@dataclass(frozen=True)
class Step:
    """One thing to do for a task: a call, or a batch of calls."""

    task: OpenTask
    need: Ask | AskAll
    reserved: int


@dataclass(frozen=True)
class Poll:
    """A look at report jobs."""

    jobs: tuple[Job, ...]


@dataclass
class Schedule:
    """The lanes of a run.

    Attributes:
        max_concurrency: Requests and report jobs in flight. A job that may not be looked at for
            long does not count until it may: nobody is at it, and others would have no turn.
        max_retry_seconds: For how long a job may stand still.
        hold: Seconds for which Meta takes no such call.
        room: Bytes that may be read ahead.
    """

    max_concurrency: int
    max_retry_seconds: float
    hold: Callable[[Call], float] = lambda _call: 0.0
    room: int = ROOM
    lanes: list[Lane] = field(default_factory=list)
    head: Lane | None = None
    _watched: dict[str, tuple[Job, OpenTask]] = field(default_factory=dict)
    _looking: set[str] = field(default_factory=set)
    _held: dict[tuple[str, str], float] = field(default_factory=dict)
    _in_flight: int = 0
    # Over all lanes, which may be thousands: to add them up anew for each call would take long.
    _open: int = 0
    _taken: int = 0

    def add(self, track: Track) -> Lane:
        """Put a track behind all others."""
        lane = Lane(track, is_over=track.is_over)
        self.lanes.append(lane)
        return lane

    # What the threads ask.

    def take(self, now: float) -> Step | Poll | None:
        """The next thing to do; None when there is nothing for now."""
        if poll := self._due_poll(now):
            return poll
        resting = self._resting(now)
        for lane in self._in_order():
            if step := self._step(lane, now):
                return step
            while self._may_begin(lane, now, resting):
                task = lane.track.next()
                if task is None:
                    break
                opened = OpenTask(lane, task)
                lane.tasks.append(opened)
                self._open += 1
                self._go_on(opened, now, partial(next, task))
                if step := self._step(lane, now):
                    return step
        return None

    def wake_at(self, now: float) -> float:
        """When there may be something to do, if nothing else happens before."""
        times = [job.next_look for job, _ in self._unlooked()]
        times += [task.ready_at for lane in self.lanes for task in lane.tasks]
        times += self._held.values()
        return min((time for time in times if time > now), default=math.inf)

    def answer(self, step: Step, payload: Any, now: float) -> None:  # noqa: ANN401 - JSON
        """Take in what a call brought."""
        self._release(step)
        self._go_on(step.task, now, partial(step.task.task.send, payload))

    def fail(self, step: Step, error: Exception, now: float) -> None:
        """Take in how a call failed for good; the task may know what to do."""
        self._release(step)
        self._go_on(step.task, now, partial(step.task.task.throw, error))

    def later(self, step: Step, seconds: float, now: float) -> None:
        """Take in that a call must wait."""
        self._release(step)
        step.task.ready_at = now + seconds
        self._hold(step.task.lane, now + seconds)

    def looked(self, poll: Poll, looks: list[Mapping[str, Any] | GraphError], now: float) -> None:
        """Take in what a look at jobs showed."""
        self._in_flight -= 1
        for job, look in zip(poll.jobs, looks, strict=True):
            self._looking.discard(job.run_id)
            if job.run_id not in self._watched:  # its lane was given up meanwhile
                continue
            _, opened = self._watched[job.run_id]
            held = self.hold(look_at(job)) if _is_unsent(look) else math.inf
            if held <= self.max_retry_seconds:
                # A limit that has closed since the look was due holds back an exchange as a whole;
                # it may be that of another account in it, whose wait is not this job's.
                later = replace(job, next_look=now + max(held, FIRST_LOOK))
                self._watched[job.run_id] = (later, opened)
                self._hold(opened.lane, now + held)
                continue
            found = job.seen(look, now, self.max_retry_seconds)
            if isinstance(found, Job):
                self._watched[job.run_id] = (found, opened)
                if isinstance(look, ThrottledError):
                    self._hold(opened.lane, found.next_look)
                continue
            del self._watched[job.run_id]
            opened.is_busy = False
            if isinstance(found, GraphError):
                self._go_on(opened, now, partial(opened.task.throw, found))
            else:
                self._go_on(opened, now, partial(opened.task.send, found))

    # What the main thread asks.

    @property
    def jobs_running(self) -> int:
        """Report jobs that Meta is at."""
        return len(self._watched)

    def pop(self, lane: Lane) -> Rows | Finished:
        """Take the next of a lane's output."""
        item = lane.output.popleft()
        if isinstance(item, Rows):
            lane.size -= item.size
            self._taken -= item.size
        return item

    def drop(self, lane: Lane) -> None:
        """Give up a lane: nothing more of it is wanted."""
        self._end(lane)
        lane.output.clear()
        self._taken -= lane.size
        lane.size = 0

    def must_wait(self, lane: Lane, now: float) -> bool:
        """Whether nothing will come of a lane for long, since Meta takes no call for it."""
        if lane.output or lane.is_over or self._held_until(lane) - now <= LONG:
            return False
        return not any(task.is_busy and not isinstance(task.need, Watch) for task in lane.tasks)

    def can_go_on(self, now: float) -> bool:
        """Whether any lane has, or may soon have, something to write."""
        return any(
            lane.output or not (lane.is_over or self.must_wait(lane, now)) for lane in self.lanes
        )

    # Within.

    def _in_order(self) -> list[Lane]:
        """The lanes, the one that is being written first."""
        live = [lane for lane in self.lanes if not lane.is_over and lane is not self.head]
        head = [self.head] if self.head and not self.head.is_over else []
        return [*head, *live]

    def _step(self, lane: Lane, now: float) -> Step | None:
        for opened in lane.tasks:
            need = opened.need
            if opened.is_busy or opened.ready_at > now or not isinstance(need, Ask | AskAll):
                continue
            size = self._expected(lane, need)
            if size and not self._has_room(lane, size):
                continue
            opened.is_busy = True
            lane.reserved += size
            self._taken += size
            self._in_flight += 1
            return Step(opened, need, size)
        return None

    def _expected(self, lane: Lane, need: Ask | AskAll) -> int:
        """Bytes of rows that an answer may bring."""
        if not need.page:
            return 0
        pages = len(need.calls) if isinstance(need, AskAll) else 1
        # The pages of a batch are seldom all full.
        return min(lane.page_bytes * pages, self.room // 4)

    def _has_room(self, lane: Lane, size: int) -> bool:
        # What is being written must go on, however much the others have piled up.
        next_up = lane is self.head and not lane.output and not lane.reserved
        return next_up or self._taken + size <= self.room

    def _may_begin(self, lane: Lane, now: float, resting: int) -> bool:
        if self._in_flight + len(self._watched) - resting >= self.max_concurrency:
            return False
        if self._held_until(lane) > now:
            return False
        return lane is self.head or self._open < AHEAD * self.max_concurrency

    def _resting(self, now: float) -> int:
        """Jobs that a limit keeps from being looked at, for long beyond their own pauses."""
        return sum(job.next_look - now > job.pause + LONG for job, _ in self._watched.values())

    def _held_until(self, lane: Lane) -> float:
        return self._held.get((lane.track.account_id, lane.track.use_case), -math.inf)

    def _hold(self, lane: Lane, until: float) -> None:
        """Begin nothing new where a limit holds something back; who waits long is passed over."""
        key = (lane.track.account_id, lane.track.use_case)
        self._held[key] = max(self._held.get(key, -math.inf), until)

    def _release(self, step: Step) -> None:
        self._in_flight -= 1
        step.task.is_busy = False
        step.task.lane.reserved -= step.reserved
        self._taken -= step.reserved

    def _go_on(self, opened: OpenTask, now: float, resume: Callable[[], Need]) -> None:
        """Resume a task, and see what it needs next."""
        lane = opened.lane
        if opened not in lane.tasks:  # given up meanwhile
            opened.task.close()
            return
        opened.need = opened.tries = None
        opened.ready_at = -math.inf
        try:
            need = resume()
            while isinstance(need, Emit):
                self._put(lane, need)
                need = opened.task.send(None)
        except StopIteration as end:
            lane.tasks.remove(opened)
            self._open -= 1
            lane.track.finished(end.value)
            lane.output.append(Finished(end.value))
            lane.is_over = lane.track.is_over
        except GraphError as error:
            lane.error = error
            self._end(lane)
        else:
            opened.need = need
            if isinstance(need, Watch):
                opened.is_busy = True
                job = Job.submitted(need.run_id, need.account_id, lane.track.stream, now)
                self._watched[need.run_id] = (job, opened)

    def _end(self, lane: Lane) -> None:
        lane.is_over = True
        self._open -= len(lane.tasks)
        lane.tasks.clear()
        for run_id in [one for one, (_, opened) in self._watched.items() if opened.lane is lane]:
            del self._watched[run_id]

    def _put(self, lane: Lane, emitted: Emit) -> None:
        size = sum([len(memoryview(row)) for row in emitted.rows])
        if size:
            lane.page_bytes = size
        lane.size += size
        self._taken += size
        lane.output.append(Rows(emitted.rows, size))

    def _due_poll(self, now: float) -> Poll | None:
        due: list[Job] = []
        if any(job.next_look <= now for job, _ in self._unlooked()):
            for job, opened in self._unlooked():
                if not job.is_due(now):
                    continue
                held = self.hold(look_at(job))
                if held > self.max_retry_seconds:
                    # This look is given up at once. It is one of its own, for what holds it is its
                    # account's: the jobs of others would be given up with it.
                    due = [job]
                    break
                if held > 0:
                    self._watched[job.run_id] = (replace(job, next_look=now + held), opened)
                    self._hold(opened.lane, now + held)
                elif len(due) < MAX_BATCH:
                    due.append(job)
        if not due:
            return None
        self._looking.update(job.run_id for job in due)
        self._in_flight += 1
        return Poll(tuple(due))

    def _unlooked(self) -> list[tuple[Job, OpenTask]]:
        return [pair for run_id, pair in self._watched.items() if run_id not in self._looking]


def _is_unsent(look: Mapping[str, Any] | GraphError) -> bool:
    """Whether a limit has held a look back, so that Meta has said nothing of it."""
    if not isinstance(look, ThrottledError):
        return False
    return look.code is None and look.failure.http_status is None
