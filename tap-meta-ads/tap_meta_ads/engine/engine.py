"""The engine: threads that carry out what tasks ask for, ahead of the main thread that writes.

What is next is decided in `schedule`, what a task does with an answer in the task. Here are the
lock, the threads, and the calls.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from meta_graph import Call, ClientClosedError, GraphError, Later, check_page
from tap_meta_ads.engine.jobs import look_at
from tap_meta_ads.engine.schedule import Finished, Poll, Rows, Schedule, Step
from tap_meta_ads.engine.tasks import AskAll, decode_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from meta_graph import GraphClient
    from tap_meta_ads.engine.schedule import Lane
    from tap_meta_ads.engine.tasks import Track
    from tap_meta_ads.summary.summary import Summary

GRACE = 5.0
"""Seconds for which the end of a run waits for answers that nobody needs any more."""

BREATH = 1.0
"""Seconds after which the main thread looks up, if nothing has come."""


class Engine:
    """Reads tracks ahead of the thread that writes them.

    Args:
        client: Client of the Graph API.
        max_concurrency: Requests and report jobs in flight.
        max_retry_seconds: For how long a job may stand still.
        summary: Told for whom each call is made.
        on_wait: Called about every second while the main thread waits.
    """

    def __init__(
        self,
        client: GraphClient,
        *,
        max_concurrency: int,
        max_retry_seconds: float,
        summary: Summary,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._max_retry_seconds = max_retry_seconds
        self._summary = summary
        self._on_wait = on_wait
        self._schedule = Schedule(max_concurrency, max_retry_seconds, client.hold)
        # The main thread looks in from within.
        self._changed = threading.Condition(threading.RLock())
        self._is_closed = False
        self._failure: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def close(self) -> None:
        """Begin nothing more, and let what is in flight come to its end, for a few seconds.

        An interpreter that ends under running threads may stumble over what they change.
        """
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        until = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))

    def add(self, track: Track) -> Lane:
        """Read a track, behind those that were added before."""
        with self._changed:
            lane = self._schedule.add(track)
            self._changed.notify()
        while len(self._threads) < self._schedule.max_concurrency:
            thread = threading.Thread(target=self._work, name="tap-meta-ads-reader", daemon=True)
            self._threads.append(thread)
            thread.start()
        return lane

    def drop(self, lane: Lane) -> None:
        """Read no more of a track."""
        with self._changed:
            self._schedule.drop(lane)
            self._changed.notify_all()

    @property
    def writing(self) -> tuple[Track | None, int]:
        """What was last written, and how many report jobs are running."""
        with self._changed:
            lane = self._schedule.head
            return (lane.track if lane else None), self._schedule.jobs_running

    def choose(self, lanes: Sequence[Lane]) -> Lane | None:
        """The lane to write next; None when all of them must wait while other streams need not.

        Args:
            lanes: Lanes of a stream that are not written to their end.
        """
        with self._changed:
            while True:
                now = time.monotonic()
                free = [lane for lane in lanes if not self._schedule.must_wait(lane, now)]
                if free:
                    return next((lane for lane in free if lane.output or lane.is_over), free[0])
                if self._schedule.can_go_on(now):
                    return None
                self._wait()

    def items(self, lane: Lane, others: Iterable[Lane] = ()) -> Iterator[Rows | Finished]:
        """What a lane brings, until it ends, or until one of the others has more to offer.

        Raises:
            GraphError: What the lane ended with, behind all that it brought.
        """
        while True:
            with self._changed:
                self._schedule.head = lane
                while not lane.output and not lane.is_over:
                    if any(other.output for other in others if other is not lane) or (
                        self._schedule.must_wait(lane, time.monotonic())
                    ):
                        return
                    self._changed.notify()  # what is to be written has a right to room
                    self._wait()
                if not lane.output:
                    lane.is_written = True
                    break
                item = self._schedule.pop(lane)
                self._changed.notify_all()
            yield item
        if lane.error is not None:
            raise lane.error

    def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._changed.wait(BREATH)
        self._on_wait()

    def _work(self) -> None:
        try:
            while (step := self._take()) is not None:
                self._carry_out(step)
        except ClientClosedError:
            pass
        except BaseException as failure:  # noqa: BLE001 - a defect: the main thread must not wait for ever
            with self._changed:
                self._failure = failure
                self._changed.notify_all()

    def _take(self) -> Step | Poll | None:
        with self._changed:
            while not self._is_closed:
                now = time.monotonic()
                if step := self._schedule.take(now):
                    self._changed.notify()  # there may be more to do
                    return step
                self._changed.wait(min(self._schedule.wake_at(now) - now, threading.TIMEOUT_MAX))
        return None

    def _carry_out(self, step: Step | Poll) -> None:
        found: Any
        if isinstance(step, Poll):
            owners = {job.run_id: (job.account_id, job.stream) for job in step.jobs}
            with self._summary.working_for_each(owners):
                found = self._look(step)
        else:
            track = step.task.lane.track
            with self._summary.working_for(track.account_id, track.stream):
                found = self._call(step)
        with self._changed:
            now = time.monotonic()
            if isinstance(step, Poll):
                self._schedule.looked(step, found, now)
            elif isinstance(found, Later):
                self._schedule.later(step, found.seconds, now)
            elif isinstance(found, GraphError):
                self._schedule.fail(step, found, now)
            else:
                self._schedule.answer(step, found, now)
            self._changed.notify_all()

    def _call(self, step: Step) -> Any:  # noqa: ANN401 - JSON
        need = step.need
        if isinstance(need, AskAll):
            calls = [_decoded(call, page=need.page) for call in need.calls]
            held = max(map(self._client.hold, calls))
            # A hold that is too long to be waited for is an error, which the batch tells.
            if 0 < held <= self._max_retry_seconds:
                track = step.task.lane.track
                self._summary.of(track.account_id, track.stream).waits(held)
                return Later(held)
            return self._client.batch(calls, again=False)
        opened = step.task
        if opened.tries is None:
            check = check_page if need.page else None
            opened.tries = self._client.attempts(_decoded(need.call, page=need.page), check)
        try:
            found = opened.tries.next()
        except ClientClosedError:
            raise
        except GraphError as error:
            return error
        return found if isinstance(found, Later) else found.payload

    def _look(self, poll: Poll) -> list[Any]:
        calls = [look_at(job) for job in poll.jobs]
        return self._client.batch(calls, again=False)


def _decoded(call: Call, *, page: bool) -> Call:
    return replace(call, decode=decode_page) if page else call
