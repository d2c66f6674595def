"""Every code that Meta's error references name, and which error it becomes."""

from __future__ import annotations

import pytest

from meta_graph import (
    GraphError,
    NotFoundError,
    PermissionDeniedError,
    ProofError,
    RequestError,
    RetentionError,
    RetryableError,
    ThrottledError,
    TokenError,
    TokenExpiredError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
    VersionExpiredError,
)
from meta_graph._classify import classify
from meta_graph._rules import RULES, TEXTS

Row = tuple[int, "int | None", int]

# Code, subcode, HTTP status. Throttles come as 400, and some bad requests as 500.
ROWS: dict[type[GraphError], list[Row]] = {
    ThrottledError: [
        *((4, None, 400), (4, None, 403), (4, 1504022, 400), (4, 1504039, 400)),
        *((17, None, 400), (17, 2446079, 400), (17, 1885172, 400)),
        *((32, None, 400), (341, None, 400)),
        *((613, None, 400), (613, 1487742, 400), (613, 5044001, 400), (613, 1996, 400)),
        *((613, 1487632, 400), (613, 1487225, 400)),
        *((code, None, 400) for code in range(80000, 80015)),
        *((80000, 2446079, 400), (80003, 2446079, 429), (80004, 2446079, 400)),
    ],
    UnavailableError: [
        *((-2, None, 200), (-2, 2490547, 200), (2601, None, 200), (2601, 1487742, 200)),
        *((1, None, 500), (1, 99, 500), (2, None, 503), (2, None, 500), (2, 1504043, 400)),
        *((960, None, 400), (5000, None, 500), (21009, None, 400)),
        *((2650, 1870145, 400), (2650, 1870148, 400)),
    ],
    TooMuchDataError: [
        *((-3, None, 200), (-3, 1504045, 200)),
        *((2, 1504038, 400), (2, 1504044, 400), (100, 1504018, 400), (100, 1487534, 400)),
    ],
    TokenError: [
        *((5, None, 400), (104, None, 400), (190, None, 401), (190, None, 400)),
        *((code, subcode, 400) for code in (102, 190) for subcode in (458, 459, 464, 492)),
    ],
    TokenExpiredError: [
        (102, None, 400),
        *((code, subcode, 400) for code in (102, 190) for subcode in (460, 463, 467)),
    ],
    PermissionDeniedError: [
        *((1, 2853001, 400), (3, None, 400), (10, None, 403), (100, 3191001, 400)),
        *((code, None, 403) for code in range(200, 300)),
        *((200, 1870034, 403), (200, 1870047, 400), (200, 1870050, 400), (200, 1870090, 403)),
        *((368, None, 400), (2654, None, 400), (2654, 1713092, 400), (2655, None, 400)),
        *((100, 1713230, 400), (100, 1713231, 400), (1487301, None, 400)),
        *((200, 1870092, 400), (2663, None, 400)),
    ],
    NotFoundError: [(100, 33, 400), (803, None, 404), (1487366, None, 400)],
    RequestError: [
        *((2, 1504041, 400), (2, 1504042, 400), (12, None, 400)),
        # The removed `ids` parameter is answered with 500, and never passes.
        *((100, None, 400), (100, None, 500), (100, 1713098, 400)),
        *((100, 2804003, 400), (100, 2804009, 400), (100, 1487694, 400), (100, 1752129, 400)),
        *((100, 2804016, 400), (100, 2804050, 400), (100, 2804048, 400)),
        *((100, 3858258, 400), (105, None, 400), (194, None, 400), (500, None, 400)),
        *((506, None, 400), (1487390, None, 400), (1487901, None, 400), (2500, None, 400)),
        *((2650, None, 400), (2650, 1870144, 400), (2650, 1870147, 400)),
        *((2650, 1870158, 400), (2650, 1870159, 400)),
    ],
    VersionExpiredError: [(2635, None, 400)],
    RetentionError: [(3018, None, 400)],
}

# Where a code alone says too little, Meta's words decide.
WORDS: list[tuple[type[GraphError], int, int, str]] = [
    (TooMuchDataError, 1, 500, "Please reduce the amount of data you're asking for, then retry"),
    (TooMuchDataError, 100, 400, "Please reduce the amount of data you're asking for"),
    (UnavailableError, 1, 500, "An unknown error occurred"),
    (ProofError, 100, 400, "API calls from the server require an appsecret_proof argument"),
    (ProofError, 100, 400, "Invalid appsecret_proof provided in the API argument"),
    (UnavailableError, 100, 400, "(#100) Cannot include a, b in summary param because they were"),
    (PermissionDeniedError, 100, 400, "(#100) Missing permissions"),
    (PermissionDeniedError, 190, 400, "x must be granted before impersonating a user's page."),
    (TokenError, 2500, 400, "An active access token must be used to query information about"),
    (RequestError, 2500, 400, "Unknown path components: /nothing"),
    (RequestError, 100, 400, "Unsupported request - method type: get"),
    (RequestError, 100, 400, "(#100) Filtering field status is invalid"),
    (UnknownFieldError, 100, 400, "(#100) Tried accessing nonexisting field (x) on node type (Ad)"),
]


def error_for(
    code: int, subcode: int | None, status: int, message: str = "made up", **more: object
) -> GraphError | None:
    error = {"code": code, "error_subcode": subcode, "message": message, **more}
    return classify(status, {"error": error}, {})


@pytest.mark.parametrize("expected", ROWS, ids=lambda expected: expected.__name__)
def test_each_code(expected: type[GraphError]) -> None:
    found = {row: type(error_for(*row)) for row in ROWS[expected]}
    assert found == dict.fromkeys(ROWS[expected], expected)


def test_no_code_stands_twice() -> None:
    rows = [row for group in ROWS.values() for row in group]
    assert len(rows) == len(set(rows))


def test_no_rule_is_unreachable_or_untested() -> None:
    tested = {(code, subcode) for group in ROWS.values() for code, subcode, _status in group}
    assert set(RULES) - tested == set()
    # A rule is reached when its own advice comes out, and not that of a wider one.
    for (code, subcode), rule in RULES.items():
        error = error_for(code, subcode, 400)
        assert error is not None
        assert (type(error), error.advice) == (rule.error, rule.advice)


@pytest.mark.parametrize(("expected", "code", "status", "words"), WORDS)
def test_words_decide(expected: type[GraphError], code: int, status: int, words: str) -> None:
    assert type(error_for(code, None, status, words)) is expected


def test_no_text_is_unreachable_or_untested() -> None:
    hit = set()
    for _expected, code, _status, words in WORDS:
        fitting = [
            row for row, (of, text, _) in enumerate(TEXTS) if of == code and text.search(words)
        ]
        hit.update(fitting[:1])
    assert hit == set(range(len(TEXTS)))


def test_every_leaf_of_the_tree_is_reached() -> None:
    reached = {*ROWS, *(expected for expected, *_ in WORDS)}
    for branch in (RetryableError, RequestError, TokenError):
        leaves = {
            leaf for leaf in branch.__subclasses__() if leaf.__name__ != "ConnectionFailedError"
        }
        assert leaves <= reached


@pytest.mark.parametrize("row", [row for group in ROWS.values() for row in group], ids=str)
def test_each_error_says_what_to_do(row: Row) -> None:
    error = error_for(*row)
    assert error is not None
    assert error.advice.endswith(".")
    assert error.advice in str(error)
    assert str(row[0]) in str(error)


@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (100, None, UnavailableError),  # nothing better is known than that it is wrong
        (999999, None, UnavailableError),
        (100, 2804048, UnavailableError),
        (100, 2804003, RequestError),
        (190, None, TokenError),  # it is also sent with errors that never pass
        (200, None, PermissionDeniedError),
        (100, 33, NotFoundError),
        (100, 1487534, TooMuchDataError),
        (80000, None, ThrottledError),
    ],
)
def test_metas_hint_of_a_transient_error(
    code: int, subcode: int | None, expected: type[GraphError]
) -> None:
    assert type(error_for(code, subcode, 400, is_transient=True)) is expected


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (424242, 400, RequestError),
        (424242, 500, UnavailableError),
        (424242, 401, TokenError),
        (424242, 403, PermissionDeniedError),
        (424242, 429, ThrottledError),
    ],
)
def test_an_unknown_code_goes_by_status(code: int, status: int, expected: type[GraphError]) -> None:
    assert type(error_for(code, None, status)) is expected


@pytest.mark.parametrize(
    ("code", "subcode", "seconds"),
    [(17, 1885172, 86400), (613, 1487632, 3600), (613, 1487225, 86400), (613, None, None)],
)
def test_waits_that_a_limit_implies(code: int, subcode: int | None, seconds: float | None) -> None:
    error = error_for(code, subcode, 400)
    assert isinstance(error, ThrottledError)
    assert error.wait_seconds == seconds
