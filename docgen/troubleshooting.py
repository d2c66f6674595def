"""Tables of `docs/troubleshooting.md`: Meta's errors as `meta_graph` understands them.

What an error is taken for and what to do about it come from the client's own table. What Meta
means by a code is said here, and a test compares the two lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docgen.tables import lines
from meta_graph import _rules as rules
from meta_graph._errors import (
    GraphError,
    NotFoundError,
    PermissionDeniedError,
    ProofError,
    RequestError,
    RetentionError,
    ThrottledError,
    TokenError,
    TokenExpiredError,
    TooMuchDataError,
    UnavailableError,
    VersionExpiredError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Code = tuple[int, int | None]

# What happens by itself, in a word that the page explains.
DONE: Mapping[type[GraphError], str] = {
    ThrottledError: "waits",
    UnavailableError: "tries again",
    TooMuchDataError: "asks for less",
    PermissionDeniedError: "leaves out",
    NotFoundError: "leaves out",
    RequestError: "stops",
    RetentionError: "stops",
    TokenError: "ends",
    TokenExpiredError: "ends",
    ProofError: "ends",
    VersionExpiredError: "ends",
}

# First and last code of a family that is one row.
FAMILIES: tuple[tuple[int, int], ...] = ((200, 299), (80000, 80014))

# A code whose subcodes are those of another one, and mean the same.
TWINS: Mapping[int, int] = {190: 102}

MEANINGS: Mapping[str, Mapping[Code, str]] = {
    "The token": {
        (190, None): "The token is malformed, cut off or revoked.",
        (190, 463): "The token has expired.",
        (190, 460): "The person's password has changed, which ends their tokens.",
        (190, 458): "The person has removed the app.",
        (190, 459): "Meta asks the person to prove who they are.",
        (190, 464): "The person's account is not confirmed.",
        (190, 467): "The token was invalidated.",
        (190, 492): "The person's role on a page is gone.",
        (102, None): "The session of the token is over.",
        (104, None): "The request had no token, or one that does not fit.",
        (5, None): "The app takes requests from listed addresses only.",
    },
    "Permissions": {
        (200, None): "The token may not do this here: a permission, or access to the account.",
        (10, None): "The app has no permission for this.",
        (3, None): "The app has no access to this part of the API.",
        (270, None): "An app with Limited access may not ask this of another business's account.",
        (294, None): "Writing needs a permission that the token lacks.",
        (100, 3191001): "Insights of this object are not for this token.",
        (1, 2853001): "The profile behind the object is not linked to a page that the token has.",
        (368, None): "Meta has blocked the action for its policies.",
    },
    "Objects": {
        (
            100,
            33,
        ): "There is no object of this id, or not for this token; Meta does not tell which.",
        (803, None): "Some ids of the request do not exist.",
    },
    "Limits": {
        (80000, None): "The hour's limit of an ad account for one use: 80000 Insights, 80003 "
        "audiences, 80004 other ads calls, 80005 leads.",
        (17, None): "The account's limit of points; it passes within minutes.",
        (4, None): "The app's limit.",
        (32, None): "The limit of calls for a page.",
        (613, None): "A limit of its own of this call.",
        (341, None): "A limit of the app, for a while.",
        (17, 1885172): "The account's spend cap was changed too often.",
        (613, 1487632): "An ad set's budget was changed too often.",
        (613, 1487225): "Too many ads were made for what the account spends.",
    },
    "Insights": {
        (100, 1487534): "More rows or cells than one answer may have.",
        (100, 1504018): "The report took too long.",
        (2, 1504038): "The report took too long.",
        (-3, None): "A report job had too much to do.",
        (2, 1504044): "Meta does not say what; in parts it comes back.",
        (-2, None): "A report job failed.",
        (2, 1504043): "Something that passes.",
        (2601, None): "The report of a job cannot be read yet, or any more.",
        (2, 1504041): "There is nothing for these breakdowns and fields together.",
        (2, 1504042): "A custom metric of the report is not known.",
        (3018, None): "The first day lies further back than Meta keeps figures.",
    },
    "Custom Audiences": {
        (200, 1870034): "The terms of Custom Audiences were not accepted for the account.",
        (200, 1870090): "The terms of Custom Audiences were not accepted for the business.",
        (2663, None): "Terms were not accepted.",
        (2655, None): "The terms of marketing messages were not accepted.",
        (200, 1870092): "Meta's Business Tools terms were not accepted.",
        (200, 1870050): "The ad account belongs to no business.",
        (200, 1870047): "The removal would leave too few people. The target warns, forgets nobody, "
        "and tries again in the next run.",
        (2654, None): "The token may not make or change audiences of this account.",
        (1487301, None): "The audience is not shared with the account.",
        (1487366, None): "The audience was deleted.",
        (100, 1713230): "The audience is flagged, and takes nobody.",
        (100, 1713231): "The audience is flagged, and some of it cannot be changed.",
        (2650, None): "The audience takes no list of people.",
        (2650, 1870145): "The audience is being replaced.",
        (2650, 1870148): "The replacement failed at Meta.",
        (2650, 1870144): "The audience is too large to be replaced.",
        (2650, 1870147): "The first part of a replacement did not come.",
        (2650, 1870158): "A replacement took too long.",
        (2650, 1870159): "The replacement was over already.",
    },
    "Events": {
        (100, 2804003): "An event is too old.",
        (100, 2804009): "A Purchase has no value.",
        (100, 2804016): "A field that has to be hashed is not.",
        (100, 2804050): "What the event says of the person is too weak to match anybody.",
        (21009, None): "The dataset takes nothing for now.",
    },
    "The request": {
        (2635, None): "The API version has expired.",
        (100, None): "A parameter is wrong; Meta's words say which.",
        (105, None): "Too many parameters. The target sends them in two halves; the tap stops.",
        (194, None): "A parameter is missing.",
        (2500, None): "The path is not one that Meta knows.",
        (12, None): "The endpoint was retired.",
        (500, None): "The text holds what Meta bans.",
        (506, None): "The same was sent just now.",
        (1487390, None): "Meta does not make the ad as asked.",
    },
    "Meta's own trouble": {
        (1, None): "Something failed at Meta.",
        (2, None): "The service is not available for a moment.",
        (960, None): "A batch was not carried out.",
        (5000, None): "Meta does not know what.",
    },
}

# What stands in Meta's words where a code means several things, as people read it.
WORDS: Mapping[str, str] = {
    "reduce the amount of data": "reduce the amount of data",
    "appsecret_proof": "appsecret_proof",
    "Cannot include .* in summary param": "Cannot include ... in summary param",
    "Missing permissions?": "Missing permissions",
    "must be granted before impersonating": "must be granted before impersonating",
    "access token": "access token",
}


def section(title: str) -> str:
    """A row for each code of a section: what it means, what happens, what you do."""
    rows = ["| Code | What it means | By itself | What you do |", "| --- | --- | --- | --- |"]
    for code, meaning in MEANINGS[title].items():
        rule = rules.RULES[code]
        rows.append(f"| {shown(code)} | {meaning} | {DONE[rule.error]} | {_advice(rule)} |")
    return lines(rows)


def words() -> str:
    """A row for each text by which an error is told apart from others of its code."""
    rows = ["| Code | Meta's words hold | By itself | What you do |", "| --- | --- | --- | --- |"]
    for code, pattern, rule in rules.TEXTS:
        told = WORDS[pattern.pattern]
        rows.append(f"| {code} | `{told}` | {DONE[rule.error]} | {_advice(rule)} |")
    fields = "A field is refused: `nonexisting field (...)`, `not valid for fields param`"
    rows.append(f"| 100 | {fields} | the tap asks without it, and names it | {rules.FIELDS} |")
    return lines(rows)


def statuses() -> str:
    """A row for each HTTP status, for answers that give no reason of Meta's form."""
    rows = ["| Status | By itself | What you do |", "| --- | --- | --- |"]
    known = {str(status): rule for status, rule in rules.STATUSES.items()}
    known |= {f"other {first}xx": rules.by_status(first * 100 + 50) for first in (3, 4, 5)}
    for status, rule in known.items():
        rows.append(f"| {status} | {DONE[rule.error]} | {_advice(rule)} |")
    return lines(rows)


def shown(code: Code) -> str:
    """A code as the log shows it: `190/463`, or the codes of a family."""
    number, subcode = code
    for first, last in FAMILIES:
        if code == (first, None):
            return f"{first} to {last}"
    if subcode is None:
        return f"{number}"
    twin = f", {TWINS[number]}/{subcode}" if number in TWINS else ""
    return f"{number}/{subcode}{twin}"


def codes() -> Iterator[Code]:
    """Every code that a table shows, those of a family one by one."""
    for about in MEANINGS.values():
        for code in about:
            number, subcode = code
            yield code
            if number in TWINS and subcode is not None:
                yield TWINS[number], subcode
            for first, last in FAMILIES:
                if code == (first, None):
                    yield from ((one, subcode) for one in range(number + 1, last + 1))


def _advice(rule: rules.Rule) -> str:
    return "Nothing, as long as it passes." if rule.advice == rules.WAIT else rule.advice
