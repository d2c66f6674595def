from __future__ import annotations

import pytest

from meta_graph import (
    ClientClosedError,
    ConnectionFailedError,
    Failure,
    GraphError,
    RequestError,
    failed_job,
)
from target_meta_ads.delivery.outcomes import Outcome, may_be_done, of_any, of_events, of_members

HALVE, SEARCH, LEAVE = Outcome.HALVE, Outcome.SEARCH, Outcome.LEAVE
STOP_DESTINATION, STOP = Outcome.STOP_DESTINATION, Outcome.STOP

# Code, subcode, what it means for members, and for events where that is something else.
WRITE_ERRORS = [
    # Transient, and tried for as long as the settings allow before it comes here.
    (1, None, STOP, STOP),
    (2, None, STOP, STOP),
    (1, 99, STOP, STOP),
    (5000, None, STOP, STOP),
    (341, None, STOP, STOP),
    (4, None, STOP, STOP),
    (17, None, STOP, STOP),
    (32, None, STOP, STOP),
    (613, None, STOP, STOP),
    (80003, None, STOP, STOP),
    (80004, None, STOP, STOP),
    (80000, None, STOP, STOP),
    (80014, None, STOP, STOP),
    # One data set, or one audience, takes nothing for now.
    (21009, None, STOP_DESTINATION, STOP_DESTINATION),
    (2650, 1870145, STOP_DESTINATION, STOP_DESTINATION),
    (2650, 1870148, STOP_DESTINATION, STOP_DESTINATION),
    # Blocked, for its policies.
    (368, None, STOP_DESTINATION, STOP_DESTINATION),
    # The token.
    (190, None, STOP, STOP),
    (190, 460, STOP, STOP),
    (190, 463, STOP, STOP),
    (190, 467, STOP, STOP),
    (102, None, STOP, STOP),
    # Permissions: others may be granted.
    (200, None, STOP_DESTINATION, STOP_DESTINATION),
    (10, None, STOP_DESTINATION, STOP_DESTINATION),
    (294, None, STOP_DESTINATION, STOP_DESTINATION),
    (3, None, STOP_DESTINATION, STOP_DESTINATION),
    # Terms.
    (200, 1870034, STOP_DESTINATION, STOP_DESTINATION),
    (200, 1870090, STOP_DESTINATION, STOP_DESTINATION),
    (2663, None, STOP_DESTINATION, STOP_DESTINATION),
    (2655, None, STOP_DESTINATION, STOP_DESTINATION),
    (200, 1870092, STOP_DESTINATION, STOP_DESTINATION),
    (200, 1870050, STOP_DESTINATION, STOP_DESTINATION),
    # The audience would become too small: only for members does that mean anything.
    (200, 1870047, LEAVE, STOP_DESTINATION),
    # Flagged, gone, of another kind, not shared, deleted.
    (100, 1713230, STOP_DESTINATION, STOP_DESTINATION),
    (100, 1713231, STOP_DESTINATION, STOP_DESTINATION),
    (100, 33, STOP_DESTINATION, STOP_DESTINATION),
    (2650, None, STOP_DESTINATION, STOP_DESTINATION),
    (2654, None, STOP_DESTINATION, STOP_DESTINATION),
    (2654, 1713092, STOP_DESTINATION, STOP_DESTINATION),
    (1487301, None, STOP_DESTINATION, STOP_DESTINATION),
    (1487366, None, STOP_DESTINATION, STOP_DESTINATION),
    # A replacement.
    (2650, 1870158, STOP_DESTINATION, STOP_DESTINATION),
    (2650, 1870147, STOP_DESTINATION, STOP_DESTINATION),
    (2650, 1870159, STOP_DESTINATION, STOP_DESTINATION),
    (2650, 1870144, STOP_DESTINATION, STOP_DESTINATION),
    # Too large.
    (105, None, HALVE, HALVE),
    (100, 1487534, HALVE, HALVE),
    # A wrong request: of members the request as a whole, of events one of them.
    (194, None, STOP_DESTINATION, STOP_DESTINATION),
    (100, None, STOP_DESTINATION, SEARCH),
    (100, 1713098, STOP_DESTINATION, SEARCH),
    (100, 2804001, STOP_DESTINATION, SEARCH),
    (100, 2804003, STOP_DESTINATION, SEARCH),
    (100, 2804007, STOP_DESTINATION, SEARCH),
    (100, 2804009, STOP_DESTINATION, SEARCH),
    (100, 2804016, STOP_DESTINATION, SEARCH),
    (100, 2804017, STOP_DESTINATION, SEARCH),
    (100, 2804019, STOP_DESTINATION, SEARCH),
    (100, 2804048, STOP_DESTINATION, SEARCH),
    (100, 2804050, STOP_DESTINATION, SEARCH),
    # The version, for everything.
    (2635, None, STOP, STOP),
]


def refusal(code: int, subcode: int | None, message: str = "Invalid parameter") -> GraphError:
    status = {"error_code": code, "error_subcode": subcode, "error_message": message}
    return failed_job(status, account=None)


@pytest.mark.parametrize(("code", "subcode", "members", "events"), WRITE_ERRORS)
def test_what_a_write_error_means(
    code: int, subcode: int | None, members: Outcome, events: Outcome
) -> None:
    error = refusal(code, subcode)
    assert of_members(error) is members
    assert of_events(error) is events


def test_all_write_errors_are_different() -> None:
    named = [(code, subcode) for code, subcode, _, _ in WRITE_ERRORS]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("code", [1, 100])
def test_too_much_data_by_its_words(code: int) -> None:
    words = "Please reduce the amount of data you're asking for, then retry your request"
    assert of_members(refusal(code, None, words)) is HALVE
    assert of_events(refusal(code, None, words)) is HALVE


def test_something_on_the_way_to_meta_takes_no_such_length() -> None:
    error = RequestError(Failure("Meta sent an answer that is not JSON", http_status=413))
    assert of_members(error) is HALVE
    assert of_events(error) is HALVE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionFailedError("No answer"), True),
        (ClientClosedError("Closed"), True),
        (refusal(2, None), True),
        (refusal(17, None), False),
        (refusal(17, None).about(was_left_open=True), True),
        (refusal(190, None), False),
        (refusal(190, None).about(was_left_open=True), True),
    ],
)
def test_whether_meta_may_have_done_it(error: GraphError, *, expected: bool) -> None:
    assert may_be_done(error) is expected


def test_an_event_may_be_refused_for_a_field_that_is_not_known() -> None:
    error = refusal(100, None, "(#100) Unknown field: made_up")
    assert of_events(error) is SEARCH


@pytest.mark.parametrize("outcome", [of_any, of_members, of_events])
def test_without_an_answer_nothing_goes_on(outcome: object) -> None:
    assert callable(outcome)
    assert outcome(ConnectionFailedError("No answer.")) is STOP
    assert outcome(ClientClosedError("Closed.")) is STOP
