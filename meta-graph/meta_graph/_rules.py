"""The table of Meta's errors: what each stands for, and what a person can do about it.

The codes are those of Meta's error references for the Graph API, the Marketing API, Insights,
custom audiences and the Conversions API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    from collections.abc import Mapping

HOUR = 3600.0
DAY = 24 * HOUR

WAIT = "The client waits and asks again by itself."
SMALLER = "Ask for fewer rows, days or fields."
NEW_TOKEN = "Make a new access token and set it as `access_token`."  # noqa: S105 - a sentence
GRANT = (
    "Give the token's user or system user access to this object in Business settings, "
    "and the token the permission it needs (ads_read to read, ads_management to write)."
)
APP_ACCESS = (
    "The app needs more access to the Marketing API: see App Review in the app's dashboard."
)
FIX = "Correct the request."
FIELDS = "Leave these fields out."
TERMS = (
    "An admin must accept the Custom Audience terms at "
    "https://business.facebook.com/ads/manage/customaudiences/tos/ first."
)
ANEW = "Start the replacement again, from its first batch."


@dataclass(frozen=True)
class Rule:
    """One row of the table: which error, what to advise, and a wait where the limit implies one."""

    error: type[GraphError]
    advice: str
    wait_seconds: float | None = field(default=None)


THROTTLED = Rule(ThrottledError, WAIT)
UNAVAILABLE = Rule(UnavailableError, WAIT)
TOO_MUCH = Rule(TooMuchDataError, SMALLER)
DENIED = Rule(PermissionDeniedError, GRANT)
WRONG = Rule(RequestError, FIX)
REDIRECTED = Rule(RequestError, "Meta does not redirect: check `api_url`, and what stands between.")
BAD_TOKEN = Rule(TokenError, NEW_TOKEN)
EXPIRED = Rule(TokenExpiredError, NEW_TOKEN)
PROOF = Rule(ProofError, "Set `app_secret` to the secret of the app that the token belongs to.")
FLAGGED = Rule(PermissionDeniedError, "Meta has flagged this audience: see it in Ads Manager.")
GONE = Rule(
    NotFoundError,
    "Check the id, and that the token's user may see the object in Business settings.",
)

# Why a session is no longer good: subcodes of 102 as of 190.
SESSIONS: Mapping[int, Rule] = {
    458: Rule(TokenError, "The user has removed the app: let them log in to it again."),
    459: Rule(TokenError, "The user must log in at facebook.com and clear the checkpoint."),
    460: Rule(TokenExpiredError, "The password has changed. " + NEW_TOKEN),
    463: Rule(TokenExpiredError, "It has expired. " + NEW_TOKEN),
    464: Rule(TokenError, "The user must confirm their account at facebook.com."),
    467: EXPIRED,
    492: Rule(TokenError, "The user has no role on the page any more. " + NEW_TOKEN),
}

RULES: Mapping[tuple[int, int | None], Rule] = {
    # Insights, synchronous and asynchronous.
    (-2, None): UNAVAILABLE,
    (-3, None): TOO_MUCH,
    (2, 1504038): TOO_MUCH,
    (2, 1504041): Rule(RequestError, "Choose breakdowns and fields that Meta can combine."),
    (2, 1504042): Rule(RequestError, "Remove the custom metrics from the report."),
    (2, 1504043): UNAVAILABLE,
    # Meta calls it unknown; asked again unchanged it comes back, asked in parts it does not.
    (2, 1504044): TOO_MUCH,
    (100, 1504018): TOO_MUCH,
    (100, 1487534): TOO_MUCH,
    (100, 3191001): DENIED,
    (2601, None): UNAVAILABLE,
    (3018, None): Rule(RetentionError, "Meta keeps 37 months: choose a later `start_date`."),
    # Meta's own trouble.
    (1, None): UNAVAILABLE,
    (1, 2853001): DENIED,
    (2, None): UNAVAILABLE,
    (960, None): UNAVAILABLE,
    (5000, None): UNAVAILABLE,
    (21009, None): UNAVAILABLE,
    # Limits.
    (4, None): THROTTLED,
    (17, None): THROTTLED,
    (17, 1885172): Rule(ThrottledError, "A spend cap can be changed ten times a day.", DAY),
    (32, None): THROTTLED,
    (341, None): THROTTLED,
    (613, None): THROTTLED,
    (613, 1487632): Rule(ThrottledError, "A budget can be changed four times an hour.", HOUR),
    (613, 1487225): Rule(ThrottledError, "The day's limit of new ads is reached.", DAY),
    **{(code, None): THROTTLED for code in range(80000, 80015)},
    # The token.
    (5, None): Rule(TokenError, "Allow this machine's address in the app's settings."),
    (102, None): EXPIRED,
    (104, None): Rule(TokenError, "Set `access_token`; if it is set, make a new one."),
    (190, None): BAD_TOKEN,
    **{(code, subcode): rule for code in (102, 190) for subcode, rule in SESSIONS.items()},
    # Permissions.
    (3, None): Rule(PermissionDeniedError, APP_ACCESS),
    (10, None): DENIED,
    **{(code, None): DENIED for code in range(200, 300)},
    (200, 1870034): Rule(PermissionDeniedError, TERMS),
    (200, 1870047): Rule(
        PermissionDeniedError, "Meta keeps an audience above its smallest size; nobody was removed."
    ),
    (200, 1870050): Rule(
        PermissionDeniedError, "Add the ad account to a business in Business settings first."
    ),
    (200, 1870090): Rule(PermissionDeniedError, TERMS),
    (200, 1870092): Rule(
        PermissionDeniedError,
        "An admin of the business must accept Meta's Business Tools terms first.",
    ),
    (270, None): Rule(PermissionDeniedError, APP_ACCESS),
    (294, None): Rule(PermissionDeniedError, "The token needs the ads_management permission."),
    (368, None): Rule(
        PermissionDeniedError, "Meta has blocked this for its policies: see Account Quality."
    ),
    (2654, None): DENIED,
    (2655, None): Rule(PermissionDeniedError, f"{TERMS} For messages, those for messages too."),
    (2663, None): Rule(PermissionDeniedError, TERMS),
    (1487301, None): Rule(PermissionDeniedError, "Share the audience with this ad account."),
    # Objects.
    (100, 33): GONE,
    (803, None): GONE,
    (1487366, None): Rule(NotFoundError, "The audience is deleted: choose another."),
    # Custom audiences.
    (100, 1713230): FLAGGED,
    (100, 1713231): FLAGGED,
    (2650, None): Rule(
        RequestError,
        "This audience takes no customer list, or not this kind: see how it was made in Ads "
        "Manager, or choose another.",
    ),
    (2650, 1870144): Rule(RequestError, "Replace works below 100 million members: use upsert."),
    (2650, 1870145): UNAVAILABLE,
    (2650, 1870147): Rule(RequestError, ANEW),
    (2650, 1870148): UNAVAILABLE,
    (2650, 1870158): Rule(RequestError, f"Meta gives a replacement 90 minutes. {ANEW}"),
    (2650, 1870159): Rule(RequestError, ANEW),
    # Events.
    (100, 2804003): Rule(
        RequestError, "Meta takes events of the last 7 days, and of 62 from a physical store."
    ),
    (100, 2804009): Rule(RequestError, "A Purchase needs a `value` and a `currency`."),
    (100, 2804016): Rule(RequestError, "Send this field as its SHA-256."),
    (100, 2804050): Rule(RequestError, "Send more that tells who it was, as an e-mail address."),
    # Requests.
    (12, None): Rule(RequestError, "Meta has retired this endpoint."),
    (100, None): WRONG,
    (105, None): WRONG,
    (194, None): WRONG,
    (500, None): WRONG,
    (506, None): WRONG,
    (1487390, None): WRONG,
    (2500, None): WRONG,
    (2635, None): Rule(VersionExpiredError, "Set `api_version` to one that Meta still serves."),
}

# Some codes mean several things, and only the text tells which.
TEXTS: tuple[tuple[int, re.Pattern[str], Rule], ...] = (
    (1, re.compile(r"reduce the amount of data", re.IGNORECASE), TOO_MUCH),
    (100, re.compile(r"reduce the amount of data", re.IGNORECASE), TOO_MUCH),
    (100, re.compile(r"appsecret_proof"), PROOF),
    (100, re.compile(r"Cannot include .* in summary param"), UNAVAILABLE),
    (100, re.compile(r"Missing permissions?", re.IGNORECASE), DENIED),
    # A token without rights to one page is good for everything else.
    (190, re.compile(r"must be granted before impersonating"), DENIED),
    (2500, re.compile(r"access token", re.IGNORECASE), BAD_TOKEN),
)

# What a status says where the body says nothing: it may come from something between us and Meta.
STATUSES: Mapping[int | None, Rule] = {
    401: BAD_TOKEN,
    403: DENIED,
    404: GONE,
    408: UNAVAILABLE,
    429: THROTTLED,
}

_FIELD_TEXTS = (
    re.compile(r"nonexisting field \((?P<names>[^)]+)\)"),
    re.compile(r"Unknown fields?: (?P<names>[\w, .]+?)\.?$"),
    re.compile(r"(?P<names>\w[\w, ]*?) (?:is|are) not valid for fields param"),
)


def refused_fields(message: str) -> tuple[str, ...]:
    """The field names that one of Meta's messages about fields refuses, else nothing."""
    text = re.sub(r"^\(#\d+\)\s*", "", message)
    for pattern in _FIELD_TEXTS:
        if found := pattern.search(text):
            return tuple(name.strip() for name in found["names"].split(",") if name.strip())
    return ()


def rule_for(
    code: int | None,
    subcode: int | None,
    message: str,
    status: int | None,
    *,
    is_transient: bool = False,
) -> Rule:
    """The row of the table that fits best: code and subcode, then text, then code, then status.

    Meta's hint that an error is transient counts only where the table has nothing better to say
    than that the request is wrong: it is also sent with errors that never pass.
    """
    if code is None:
        return by_status(status)
    if subcode is not None and (code, subcode) in RULES:
        return RULES[code, subcode]
    for text_code, pattern, rule in TEXTS:
        if code == text_code and pattern.search(message):
            return rule
    rule = RULES.get((code, None)) or by_status(status)
    return UNAVAILABLE if is_transient and rule is WRONG else rule


def by_status(status: int | None) -> Rule:
    if status in STATUSES:
        return STATUSES[status]
    if status is not None and 300 <= status < 400:  # noqa: PLR2004 - the HTTP redirects
        return REDIRECTED
    if status is not None and 400 <= status < 500:  # noqa: PLR2004 - the HTTP client errors
        return WRONG
    return UNAVAILABLE
