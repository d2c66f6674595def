"""Who is next: what is read ahead, how much may pile up, and who is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from meta_graph import Call, Failure, ThrottledError, UnavailableError
from tap_meta_ads.engine.jobs import FIRST_LOOK
from tap_meta_ads.engine.schedule import FIRST_PAGE, LONG, Finished, Poll, Rows, Schedule, Step
from tap_meta_ads.engine.tasks import Ask, Emit, Page, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_meta_ads.engine.schedule import Lane
    from tap_meta_ads.engine.tasks import Task

DONE = {"async_status": "Job Completed", "async_percent_completion": 100}


def raw(size: int = 100) -> msgspec.Raw:
    return msgspec.Raw(b'"' + b"x" * (size - 2) + b'"')


class Windows:
    """A track of so many tasks, each of so many pages, read directly or from a job."""

    use_case = "ads_insights"

    def __init__(
        self,
        stream: str,
        account_id: str = "1",
        tasks: int = 1,
        pages: int = 1,
        *,
        jobs: bool = False,
    ) -> None:
        self.stream, self.account_id = stream, account_id
        self.left, self.open, self.pages, self.jobs = tasks, 0, pages, jobs

    @property
    def is_over(self) -> bool:
        return not self.left and not self.open

    def next(self) -> Task[str] | None:
        if not self.left:
            return None
        self.left -= 1
        self.open += 1
        return self.read(self.left)

    def read(self, number: int) -> Task[str]:
        name = f"{self.stream}/{number}"
        if self.jobs:
            yield Ask(Call("POST", f"{name}/submit"))
            yield Watch(name, self.account_id)
        for page in range(self.pages):
            answer = yield Ask(Call("GET", f"{name}/{page}"), page=True)
            yield Emit(answer.data)
        return name

    def finished(self, _result: str) -> None:
        self.open -= 1


def schedule(*tracks: Windows, most: int = 4, **more: Any) -> tuple[Schedule, list[Lane]]:  # noqa: ANN401 - of a Schedule
    made = Schedule(max_concurrency=most, max_retry_seconds=600.0, **more)
    return made, [made.add(track) for track in tracks]


def running(plan: Schedule, steps: Sequence[Step | Poll]) -> None:
    """Have jobs running for what was submitted."""
    for step in steps:
        assert isinstance(step, Step)
        plan.answer(step, {}, 0.0)


@pytest.fixture
def held() -> dict[str, float]:
    """Account -> seconds for which a limit holds its calls."""
    return {}


def by(held: dict[str, float]) -> Callable[[Call], float]:
    return lambda call: held.get(call.account or "", 0.0)


def paths(steps: Sequence[Step | Poll]) -> list[str]:
    return [
        step.need.call.path
        for step in steps
        if isinstance(step, Step) and isinstance(step.need, Ask)
    ]


def all_at_once(plan: Schedule, now: float = 0.0) -> list[Step | Poll]:
    steps = []
    while step := plan.take(now):
        steps.append(step)
    return steps


def answered(plan: Schedule, step: Step, size: int = 100, now: float = 0.0) -> None:
    plan.answer(step, Page([raw(size)]), now)
    check_sums(plan)


def check_sums(plan: Schedule) -> None:
    """What is kept over all lanes is what they add up to."""
    assert plan._taken == sum(lane.size + lane.reserved for lane in plan.lanes)
    assert plan._open == sum(len(lane.tasks) for lane in plan.lanes)


def test_lanes_are_read_in_order_and_ahead_up_to_the_limit() -> None:
    plan, _ = schedule(Windows("a"), Windows("b", tasks=2), Windows("c", tasks=9))
    assert paths(all_at_once(plan)) == ["a/0/0", "b/1/0", "b/0/0", "c/8/0"]


def test_what_is_being_written_goes_first() -> None:
    plan, lanes = schedule(Windows("a", tasks=3), Windows("b", tasks=3), most=3)
    plan.head = lanes[1]
    assert paths(all_at_once(plan)) == ["b/2/0", "b/1/0", "b/0/0"]


def test_rows_come_out_before_the_end_of_their_task() -> None:
    plan, [lane] = schedule(Windows("a", pages=2))
    for _ in range(2):
        step = plan.take(0.0)
        assert isinstance(step, Step)
        answered(plan, step)
    found = [plan.pop(lane) for _ in range(3)]
    assert [type(item) for item in found] == [Rows, Rows, Finished]
    assert found[2] == Finished("a/0")
    assert lane.is_over


def test_a_track_without_work_is_over_at_once() -> None:
    _, [lane] = schedule(Windows("a", tasks=0))
    assert lane.is_over


def test_no_more_is_read_ahead_than_there_is_room_for() -> None:
    plan, lanes = schedule(
        Windows("a", "1"), Windows("b", "2", tasks=50), most=8, room=4 * FIRST_PAGE
    )
    plan.head = lanes[0]
    total = 0
    while steps := [step for step in all_at_once(plan) if isinstance(step, Step)]:
        for step in steps:
            answered(plan, step, size=FIRST_PAGE // 2)
        total += len(steps)
        assert sum(lane.size + lane.reserved for lane in lanes) <= 4 * FIRST_PAGE + FIRST_PAGE // 2
    assert 4 <= total <= 9


def test_what_is_being_written_goes_on_however_full_it_is() -> None:
    plan, lanes = schedule(Windows("a", tasks=1, pages=5), Windows("b", tasks=50), room=FIRST_PAGE)
    for step in all_at_once(plan):
        assert isinstance(step, Step)
        answered(plan, step, size=2 * FIRST_PAGE)
    plan.head = lanes[0]
    written = 0
    while not (lanes[0].is_over and not lanes[0].output):
        while lanes[0].output:
            written += isinstance(plan.pop(lanes[0]), Rows)
        for step in all_at_once(plan):
            assert isinstance(step, Step)
            assert step.task.lane is lanes[0] or lanes[0].is_over
            answered(plan, step, size=2 * FIRST_PAGE)
    assert written == 5


def test_jobs_count_as_in_flight_and_their_pages_do_not_wait_for_a_free_place() -> None:
    plan, _ = schedule(Windows("a", tasks=9, jobs=True), most=3)
    submits = all_at_once(plan)
    assert len(submits) == 3
    for step in submits:
        assert isinstance(step, Step)
        plan.answer(step, {}, 0.0)
    assert all_at_once(plan) == []
    assert plan.wake_at(0.0) == FIRST_LOOK
    [poll] = all_at_once(plan, FIRST_LOOK)
    assert isinstance(poll, Poll)
    assert len(poll.jobs) == 3
    plan.looked(poll, [DONE, {}, {}], FIRST_LOOK)
    assert paths(all_at_once(plan, FIRST_LOOK))[0].endswith("/0")
    assert len(paths(all_at_once(plan, FIRST_LOOK))) == 0


def test_a_throttled_account_is_passed_over() -> None:
    plan, [one, two] = schedule(Windows("a", "1", tasks=9), Windows("a", "2", tasks=9), most=2)
    for step in all_at_once(plan):
        assert isinstance(step, Step)
        assert step.task.lane is one
        plan.later(step, 300.0, 0.0)
    steps = all_at_once(plan)
    assert len(steps) == 2
    assert all(isinstance(step, Step) and step.task.lane is two for step in steps)
    assert plan.must_wait(one, 0.0)
    assert not plan.must_wait(one, 300.0 - LONG)
    assert not plan.must_wait(two, 0.0)
    assert plan.can_go_on(0.0)
    again = [step.task.lane for step in all_at_once(plan, 301.0) if isinstance(step, Step)]
    assert one in again


def test_a_throttled_job_is_not_looked_at_until_its_time() -> None:
    plan, _ = schedule(Windows("a", jobs=True), hold=lambda _call: 60.0)
    [submit] = all_at_once(plan)
    assert isinstance(submit, Step)
    plan.answer(submit, {}, 0.0)
    assert all_at_once(plan, FIRST_LOOK) == []
    assert plan.wake_at(FIRST_LOOK) == FIRST_LOOK + 60.0


WAIT = 300.0
SLOW_DOWN = ThrottledError(Failure("slow down", code=17), WAIT)
UNSENT = ThrottledError("The batch is not sent", WAIT)


@pytest.mark.parametrize("look", [None, SLOW_DOWN, UNSENT], ids=["none", "throttled", "unsent"])
def test_an_account_whose_jobs_may_not_be_looked_at_is_passed_over(
    held: dict[str, float], look: ThrottledError | None
) -> None:
    tracks = Windows("a", "1", jobs=True), Windows("b", "2", jobs=True)
    plan, [one, two] = schedule(*tracks, hold=by(held))
    running(plan, all_at_once(plan))
    if look is None:
        held["1"] = WAIT
    polls = [poll for poll in all_at_once(plan, FIRST_LOOK) if isinstance(poll, Poll)]
    held["1"] = WAIT
    for poll in polls:
        looks: dict[str, Any] = {"1": look or {}, "2": UNSENT if look is UNSENT else {}}
        plan.looked(poll, [looks[job.account_id] for job in poll.jobs], FIRST_LOOK)
    assert plan.must_wait(one, FIRST_LOOK)
    assert not plan.must_wait(two, FIRST_LOOK)
    assert plan.can_go_on(FIRST_LOOK)
    assert not plan.must_wait(one, FIRST_LOOK + WAIT)


@pytest.mark.parametrize("is_throttled", [False, True])
def test_jobs_of_a_throttled_account_leave_the_others_their_turn(
    held: dict[str, float], *, is_throttled: bool
) -> None:
    tracks = Windows("a", "1", tasks=9, jobs=True), Windows("b", "2", tasks=9, jobs=True)
    plan, [one, two] = schedule(*tracks, hold=by(held))
    running(plan, all_at_once(plan))
    assert plan.jobs_running == 4
    if is_throttled:
        [poll] = all_at_once(plan, FIRST_LOOK)
        assert isinstance(poll, Poll)
        plan.looked(poll, [SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN], FIRST_LOOK)
    held["1"] = WAIT
    steps = all_at_once(plan, FIRST_LOOK)
    assert [step.task.lane for step in steps if isinstance(step, Step)] == [two] * 4
    assert not plan.must_wait(two, FIRST_LOOK)
    # They count again when their wait is over, and nobody begins more before some have ended.
    running(plan, steps)
    held["1"], over = 0.0, FIRST_LOOK + WAIT + 2.0
    [poll] = all_at_once(plan, over)
    assert isinstance(poll, Poll)
    assert len(poll.jobs) == 8
    looks: dict[str, Any] = {"1": {}, "2": DONE}
    plan.looked(poll, [looks[job.account_id] for job in poll.jobs], over)
    pages = all_at_once(plan, over)
    assert paths(pages) == ["b/8/0", "b/7/0", "b/6/0", "b/5/0"]
    for page in pages:
        assert isinstance(page, Step)
        answered(plan, page, now=over)
    assert all_at_once(plan, over) == []
    assert one.tasks


def test_a_short_hold_of_jobs_makes_no_room_for_more(held: dict[str, float]) -> None:
    tracks = Windows("a", "1", tasks=4, jobs=True), Windows("b", "2")
    plan, _ = schedule(*tracks, hold=by(held))
    running(plan, all_at_once(plan))
    held["1"] = LONG
    assert all_at_once(plan, FIRST_LOOK) == []


def test_a_job_held_for_too_long_ends_alone(held: dict[str, float]) -> None:
    """Its look is given up at once; a job of another account must not be given up with it."""
    plan, _ = schedule(Windows("a", "1", jobs=True), Windows("b", "2", jobs=True), hold=by(held))
    for step in all_at_once(plan):
        assert isinstance(step, Step)
        plan.answer(step, {}, 0.0)
    held["1"] = 1e9
    polls = [poll for poll in all_at_once(plan, FIRST_LOOK) if isinstance(poll, Poll)]
    assert sorted([job.account_id for job in poll.jobs] for poll in polls) == [["1"], ["2"]]


def test_the_limit_of_one_account_puts_off_no_look_at_another(held: dict[str, float]) -> None:
    """It may close when the jobs have been chosen, and then holds back the exchange as a whole."""
    plan, _ = schedule(Windows("a", "1", jobs=True), Windows("b", "2", jobs=True), hold=by(held))
    for step in all_at_once(plan):
        assert isinstance(step, Step)
        plan.answer(step, {}, 0.0)
    [poll] = all_at_once(plan, FIRST_LOOK)
    assert isinstance(poll, Poll)
    held["1"] = 300.0
    unsent = ThrottledError("The batch is not sent", 300.0)
    plan.looked(poll, [unsent, unsent], FIRST_LOOK)
    [poll] = all_at_once(plan, 2 * FIRST_LOOK)
    assert isinstance(poll, Poll)
    assert [job.account_id for job in poll.jobs] == ["2"]


def test_many_jobs_are_looked_at_together() -> None:
    plan, _ = schedule(Windows("a", tasks=60, jobs=True), most=60)
    for step in all_at_once(plan):
        assert isinstance(step, Step)
        plan.answer(step, {}, 0.0)
    polls = [poll for poll in all_at_once(plan, FIRST_LOOK) if isinstance(poll, Poll)]
    assert [len(poll.jobs) for poll in polls] == [50, 10]


def test_an_error_ends_its_lane_behind_its_rows_and_no_other() -> None:
    plan, [one, two] = schedule(Windows("a", tasks=2), Windows("b"))
    first, second, third = (step for step in all_at_once(plan) if isinstance(step, Step))
    answered(plan, first)
    error = UnavailableError(Failure("down"))
    plan.fail(second, error, 0.0)
    assert one.is_over
    assert one.error is error
    assert [type(item) for item in one.output] == [Rows, Finished]
    answered(plan, third)
    assert two.is_over
    assert two.error is None
    check_sums(plan)
    while two.output:
        plan.pop(two)
    check_sums(plan)


def test_what_comes_for_a_lane_given_up_is_let_go() -> None:
    plan, [lane] = schedule(Windows("a", tasks=2, jobs=True))
    first, second = (step for step in all_at_once(plan) if isinstance(step, Step))
    plan.answer(first, {}, 0.0)
    [poll] = all_at_once(plan, FIRST_LOOK)
    assert isinstance(poll, Poll)
    plan.drop(lane)
    plan.looked(poll, [DONE], FIRST_LOOK)
    plan.answer(second, {}, FIRST_LOOK)
    assert all_at_once(plan, 100.0) == []
    assert not lane.output
    assert lane.reserved == 0
    check_sums(plan)


@pytest.mark.parametrize(
    "look",
    [
        ThrottledError(Failure("slow down", code=17), 30.0),
        ThrottledError("The batch is not sent", 30.0),
        {},
    ],
)
def test_nothing_is_due_twice(look: Any) -> None:  # noqa: ANN401 - a look
    """Or a thread would turn in a circle."""
    plan, _ = schedule(Windows("a", jobs=True))
    [submit] = all_at_once(plan)
    assert isinstance(submit, Step)
    plan.answer(submit, {}, 0.0)
    [poll] = all_at_once(plan, FIRST_LOOK)
    assert isinstance(poll, Poll)
    assert all_at_once(plan, FIRST_LOOK) == []
    plan.looked(poll, [look], FIRST_LOOK)
    assert all_at_once(plan, FIRST_LOOK) == []
    assert plan.wake_at(FIRST_LOOK) > FIRST_LOOK
