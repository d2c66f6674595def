"""The pace below a limit: one governor, then many threads under several limits."""

from __future__ import annotations

import heapq
import itertools
import json
import math
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from meta_graph import Call, Usage
from meta_graph._pacing import MEMORY_SECONDS, SLOWEST_SECONDS, Governor, Hold, Pacer, spacing

INSIGHTS = Call("GET", "act_1200/insights")
ADS = Call("GET", "act_1200/ads")
OTHER = Call("GET", "act_3400/insights")


def usage(
    percent: float, *, kind: str = "ads_insights", account: str = "1200", minutes: float = 0
) -> dict[str, str]:
    case = {"type": kind, "call_count": percent, "estimated_time_to_regain_access": minutes}
    return {"x-business-use-case-usage": json.dumps({account: [case]})}


@pytest.mark.parametrize(
    ("percent", "seconds"),
    [(0, 0), (50, 0), (75, 0), (80, 0.096), (87.5, 1.5), (95, 6.144), (100, 12), (400, 12)],
)
def test_spacing(percent: float, seconds: float) -> None:
    assert spacing(percent) == pytest.approx(seconds)


def test_spacing_never_falls_with_usage() -> None:
    steps = [spacing(tenths / 10) for tenths in range(1500)]
    assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("usage_", "refused", "after", "allowed", "expected"),
    [
        (Usage("1", "x", 50), False, 0, math.inf, None),
        (Usage("1", "x", 100), False, 0, math.inf, Hold(12.0)),
        (Usage("1", "x", 100), False, 12, math.inf, None),
        (Usage("1", "x", 0, 60), True, 0, math.inf, Hold(60, refused=True)),
        (Usage("1", "x", 0, 60), True, 59, math.inf, Hold(1, refused=True)),
        (Usage("1", "x", 0, 60), True, 60, math.inf, None),
        # Refused stays refused, whatever the call may wait: it must not be asked.
        (Usage("1", "x", 0, 60), True, 0, 10, Hold(60, refused=True)),
        # A good answer foretells a wait. Beyond what may be waited, the next answer decides.
        (Usage("1", "x", 0, 60), False, 0, 60, Hold(60)),
        (Usage("1", "x", 0, 60), False, 0, 59, None),
        (Usage("1", "x", 0, 60), False, 60, math.inf, None),
    ],
)
def test_governor(
    usage_: Usage,
    refused: bool,  # noqa: FBT001 - a column of the table
    after: float,
    allowed: float,
    expected: Hold | None,
) -> None:
    governor = Governor()
    governor.let_through(100.0, 1)
    governor.tell(100.0, usage_, refused=refused)
    assert governor.hold(100.0 + after, allowed) == expected


def test_usage_fades_when_nothing_more_is_heard() -> None:
    governor = Governor()
    governor.tell(0.0, Usage("1", "x", 100), refused=False)
    faded = [governor.usage_at(now) for now in (0.0, MEMORY_SECONDS / 2, MEMORY_SECONDS, 1e6)]
    assert faded == [100, 50, 0, 0]


def test_a_refusal_is_not_taken_back_by_an_answer_sent_before_it() -> None:
    governor = Governor()
    governor.tell(0.0, Usage("1", "x", 100, 300), refused=True)
    governor.tell(1.0, Usage("1", "x", 20, 0), refused=False)
    assert governor.hold(1.0, math.inf) == Hold(299, refused=True)
    governor.tell(2.0, Usage("1", "x", 100, 30), refused=True)
    assert governor.hold(2.0, math.inf) == Hold(298, refused=True)


def test_a_batch_weighs_as_much_as_its_parts() -> None:
    governor = Governor()
    governor.tell(0.0, Usage("1", "x", 87.5), refused=False)
    governor.let_through(0.0, 50)
    hold = governor.hold(0.0, math.inf)
    assert hold == Hold(75.0)


@pytest.mark.parametrize(
    ("headers", "held"),
    [
        (usage(100), {"insights"}),
        (usage(100, kind="ads_management"), {"ads"}),
        (usage(100, kind=""), {"insights", "ads"}),
        ({"x-ad-account-usage": '{"acc_id_util_pct": 100}'}, {"insights", "ads"}),
        ({"x-fb-ads-insights-throttle": '{"app_id_util_pct": 100}'}, {"insights", "other"}),
        ({"x-app-usage": '{"call_count": 100}'}, {"insights", "ads", "other"}),
        (usage(74), set()),
        ({}, set()),
    ],
)
def test_each_limit_holds_back_its_own_calls(headers: dict[str, str], held: set[str]) -> None:
    pacer = Pacer()
    pacer.tell(0.0, headers, "1200")
    calls = {"insights": INSIGHTS, "ads": ADS, "other": OTHER}
    slowed = set()
    for name, call in calls.items():
        assert pacer.take(1e3, [call]) is None
        pacer.tell(1e3, headers, "1200")
        if pacer.take(1e3, [call]) is not None:
            slowed.add(name)
        pacer = Pacer()
        pacer.tell(0.0, headers, "1200")
    assert slowed == held


def cases(*told: tuple[str, float, float]) -> dict[str, str]:
    """The header of so many entries: whose, percent, minutes."""
    entries: dict[str, list[dict[str, object]]] = {}
    for owner, percent, minutes in told:
        case = {"call_count": percent, "estimated_time_to_regain_access": minutes}
        entries.setdefault(owner, []).append({"type": "ads_insights", **case})
    return {"x-business-use-case-usage": json.dumps(entries)}


def throttle(percent: float) -> dict[str, str]:
    return {"x-fb-ads-insights-throttle": json.dumps({"acc_id_util_pct": percent})}


@pytest.mark.parametrize(
    ("headers", "paced", "foretold"),
    [
        # Meta tells both of one call, and they differ.
        (cases(("1200", 100, 0)) | throttle(0), 12, 12),
        (cases(("1200", 0, 0)) | throttle(100), 12, 12),
        (cases(("1200", 87.5, 5)) | throttle(75), 1.5, 300),
        # Business ids, none of which is the account's number.
        (cases(("7", 100, 0), ("8", 1, 0)), 12, 12),
        (cases(("7", 1, 0), ("8", 100, 0)), 12, 12),
        (cases(("1200", 100, 0), ("1200", 1, 0)), 12, 12),
        # The wait of one counts, and the percentage of the other.
        (cases(("7", 1, 5), ("8", 100, 1)), 12, 300),
        (cases(("7", 100, 1), ("8", 1, 5)), 12, 300),
    ],
)
def test_of_several_figures_for_one_limit_the_highest_counts(
    headers: dict[str, str], paced: float, foretold: float
) -> None:
    pacer = Pacer()
    told = pacer.tell(0.0, headers, "1200")
    assert len(told) == 2  # whoever listens hears of both
    assert pacer.take(0.0, [INSIGHTS], 0.0) is None
    assert pacer.hold(0.0, INSIGHTS, 0.0) == Hold(paced)
    assert pacer.hold(0.0, INSIGHTS, math.inf) == Hold(foretold)


def test_a_call_waits_for_the_strictest_of_its_limits_and_takes_none_meanwhile() -> None:
    pacer = Pacer()
    pacer.tell(0.0, usage(87.5) | {"x-ad-account-usage": '{"acc_id_util_pct": 100}'}, "1200")
    assert pacer.take(0.0, [INSIGHTS]) is None
    assert pacer.take(0.0, [INSIGHTS]) == Hold(12.0)
    # Asking has cost nothing: the same answer, and none for a call that starts in time.
    assert pacer.take(0.0, [INSIGHTS]) == Hold(12.0)
    assert pacer.take(12.0, [INSIGHTS]) is None


def test_a_refusal_goes_before_a_longer_wait_of_our_own() -> None:
    pacer = Pacer()
    pacer.tell(0.0, usage(100, minutes=1), "1200", refused=True)
    pacer.tell(0.0, {"x-app-usage": '{"call_count": 100}'}, "1200")
    pacer.take(0.0, [OTHER] * 50)
    assert pacer.take(0.0, [INSIGHTS]) == Hold(60.0, refused=True)


def simulate(pacer: Pacer, threads: int, until: float, percent: float) -> list[float]:
    """Times at which calls start: each thread asks, waits as told, asks again, gets an answer."""
    chance = random.Random(7)
    started = []
    asking = [(0.0, thread) for thread in range(threads)]
    while asking[0][0] < until:
        now, thread = heapq.heappop(asking)
        hold = pacer.take(now, [INSIGHTS])
        if hold is not None:
            heapq.heappush(asking, (now + hold.seconds, thread))
            continue
        started.append(now)
        answered = now + chance.uniform(0.05, 0.5)
        pacer.tell(answered, usage(percent), "1200")
        heapq.heappush(asking, (answered, thread))
    return started


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_threads_share_one_pace(threads: int) -> None:
    pacer = Pacer()
    pacer.tell(0.0, usage(100), "1200")
    started = simulate(pacer, threads, 600.0, 100)
    gaps = [later - earlier for earlier, later in itertools.pairwise(started)]
    # Between answers the figure fades a little, never by more than one such gap allows.
    assert min(gaps) > 0.5 * SLOWEST_SECONDS
    assert max(gaps) < 1.1 * SLOWEST_SECONDS


def test_it_resumes_by_itself_when_usage_falls() -> None:
    pacer = Pacer()
    pacer.tell(0.0, usage(100), "1200")
    simulate(pacer, 8, 100.0, 100)
    pacer.tell(101.0, usage(10), "1200")
    assert [pacer.take(101.0, [INSIGHTS]) for _ in range(20)] == [None] * 20


def test_it_resumes_by_itself_when_answers_tell_nothing_more() -> None:
    pacer = Pacer()
    pacer.tell(0.0, usage(100), "1200")
    now, waited = 0.0, 0.0
    for _ in range(100):
        while (hold := pacer.take(now, [INSIGHTS])) is not None:
            now += hold.seconds
            waited += hold.seconds
    assert 12 <= waited <= MEMORY_SECONDS / 4


@pytest.mark.parametrize("calls", [1, 3])
def test_of_many_threads_at_one_moment_one_goes(calls: int) -> None:
    pacer = Pacer()
    pacer.tell(0.0, usage(99), "1200")
    barrier = threading.Barrier(8)

    def ask(_thread: int) -> Hold | None:
        barrier.wait()
        return pacer.take(0.0, [INSIGHTS] * calls)

    with ThreadPoolExecutor(8) as pool:
        holds = list(pool.map(ask, range(8)))
    assert holds.count(None) == 1
    assert [hold.seconds for hold in holds if hold] == [pytest.approx(calls * spacing(99))] * 7
