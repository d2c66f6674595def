"""The decision whether a failed call is made again, and when."""

from __future__ import annotations

import itertools

import pytest

from meta_graph import (
    ClientClosedError,
    ConnectionFailedError,
    GraphError,
    InsecureUrlError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    ThrottledError,
    TokenError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
)
from meta_graph._retry import LONGEST_PAUSE, GiveUp, Patience, Pause, decide, pauses, span

LATER = "run again later, or raise `max_retry_seconds`."


def decision(error: GraphError, **facts: float) -> Pause | GiveUp:
    known = {"tries": 1, "waited": 0.0, "limit": 3600.0, "pause": 2.0, **facts}
    return decide(
        error,
        idempotent=bool(known.get("idempotent", True)),
        tries=int(known["tries"]),
        waited=known["waited"],
        limit=known["limit"],
        pause=known["pause"],
    )


@pytest.mark.parametrize(
    ("error", "facts", "seconds"),
    [
        (UnavailableError("x"), {}, 2.0),
        (ConnectionFailedError("x"), {}, 2.0),
        (ThrottledError("x"), {}, 2.0),  # no wait is stated: seconds
        (ThrottledError("x", 300.0), {}, 302.0),  # spread, so that not all come back at once
        (ThrottledError("x", 3600.0), {}, 3600.0),  # but never beyond the limit
        (ThrottledError("x", 300.0), {"waited": 3299.0}, 301.0),
        (UnavailableError("x"), {"waited": 3598.0}, 2.0),
        (ThrottledError("x"), {"idempotent": False}, 2.0),  # it was refused whole
        (ThrottledError("x", 60.0), {"idempotent": False}, 62.0),
    ],
)
def test_again(error: GraphError, facts: dict[str, float], seconds: float) -> None:
    assert decision(error, **facts) == Pause(seconds)


@pytest.mark.parametrize(
    "error",
    [
        GraphError("x"),
        TooMuchDataError("x"),
        NotFoundError("x"),
        PermissionDeniedError("x"),
        RequestError("x"),
        UnknownFieldError("x", ("a",)),
        TokenError("x"),
        ClientClosedError("x"),
        InsecureUrlError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_never_passes_is_raised_as_it_is(error: GraphError) -> None:
    step = decision(error)
    assert isinstance(step, GiveUp)
    assert step.error is error


@pytest.mark.parametrize(
    ("error", "facts", "advice"),
    [
        (
            ThrottledError("x", 7200.0),
            {},
            "Meta asks to wait 2 h, and `max_retry_seconds` allows 60 min: " + LATER,
        ),
        (
            ThrottledError("x", 600.0),
            {"waited": 3300.0},
            "Meta asks to wait 10 min, and `max_retry_seconds` allows 60 min: " + LATER,
        ),
        (
            UnavailableError("x"),
            {"waited": 3599.0, "tries": 61},
            "Given up after 61 tries in 60 min: " + LATER,
        ),
        (
            UnavailableError("x"),
            {"limit": 0},
            "Given up after 1 try in 0 s: " + LATER,
        ),
        (
            ConnectionFailedError("x"),
            {"idempotent": False},
            "Meta may have carried the request out, so it is not sent again by itself.",
        ),
        (
            UnavailableError("x"),
            {"idempotent": False},
            "The request is not sent again by itself, since it might be carried out twice.",
        ),
    ],
)
def test_given_up(error: GraphError, facts: dict[str, float], advice: str) -> None:
    step = decision(error, **facts)
    assert isinstance(step, GiveUp)
    assert type(step.error) is type(error)
    assert step.error.advice == advice
    if isinstance(error, ThrottledError):
        assert isinstance(step.error, ThrottledError)
        assert step.error.wait_seconds == error.wait_seconds


def test_pauses_double_up_to_the_longest() -> None:
    assert list(itertools.islice(pauses(), 8)) == [1, 2, 4, 8, 16, 32, 60, 60]
    assert LONGEST_PAUSE == 60


def test_patience_counts_from_the_first_failure() -> None:
    patience = Patience(100.0)
    assert patience.allowed(500.0) == 100.0
    patience.fail(500.0)
    patience.fail(540.0)
    assert patience.allowed(550.0) == 50.0
    step = patience.judge(ThrottledError("x", 51.0), 550.0, idempotent=True)
    assert isinstance(step, GiveUp)
    step = patience.judge(UnavailableError("x"), 600.1, idempotent=True)
    assert isinstance(step, GiveUp)
    assert "after 2 tries" in step.error.advice


def test_patience_jitters_each_pause_over_its_whole_range() -> None:
    drawn: list[list[float]] = [[] for _ in range(5)]
    for _ in range(200):
        patience = Patience(1e9)
        for draws in drawn:
            patience.fail(0.0)
            step = patience.judge(UnavailableError("x"), 0.0, idempotent=True)
            assert isinstance(step, Pause)
            draws.append(step.seconds)
    for most, draws in zip((1, 2, 4, 8, 16), drawn, strict=True):
        assert 0 <= min(draws) < 0.2 * most
        assert 0.8 * most < max(draws) <= most


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.5, "0.5 s"),
        (119, "119 s"),
        (120, "2 min"),
        (5400, "90 min"),
        (7200, "2 h"),
        (86400, "24 h"),
    ],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words
