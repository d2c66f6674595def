"""Meta's errors: the envelope, and the texts Meta is known to send for its codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from typing_extensions import Self

DOCS = "https://developers.facebook.com/docs/graph-api"
_LIMITS = f"{DOCS}/overview/rate-limiting"
_REDUCE = "Please reduce the amount of data you're asking for, then retry your request"
_VALIDATING = "Error validating access token: "
_UPDATE = "(#2650) Failed to update the custom audience"


@dataclass(frozen=True)
class Known:
    """What Meta sends for one (code, subcode).

    Attributes:
        message: The text, with ``(#code)`` where Meta puts it.
        http: The HTTP status, as recorded; 400 where none is known.
        type: The class name in the envelope; empty where Meta sends none.
        is_transient: The flag of that name; left out of the envelope when None.
        title: ``error_user_title``.
        user_message: ``error_user_msg``.
    """

    message: str
    http: int = 400
    type: str = "OAuthException"
    is_transient: bool | None = None
    title: str | None = None
    user_message: str | None = None


_TOO_MANY_JOBS = "There have been too many calls from this app. Wait a bit and try again."
_ACCOUNT_WAIT = (
    "There have been too many calls from this ad-account. Please wait a bit and try again."
)


def _business_limit(code: int, whom: str, anchor: str = "") -> Known:
    return Known(
        f"(#{code}) There have been too many calls {whom}. Wait a bit and try again. "
        f"For more info, please refer to {_LIMITS}{anchor}."
    )


#: (code, subcode) -> Meta's answer. Statuses and texts come from recorded answers and Meta's docs.
CATALOG: dict[tuple[int, int | None], Known] = {
    (-3, 1504045): Known("Report Too Large", title="Report Too Large"),
    (-2, 2490547): Known("Report Failed", title="Report Failed"),
    (1, None): Known(_REDUCE, 500, type=""),
    (1, 99): Known("An unknown error occurred", 500, type=""),
    (2, None): Known("(#2) Service temporarily unavailable", 503, is_transient=True),
    (2, 1504038): Known("Request Timed Out", 400, title="Request Timed Out"),
    (2, 1504041): Known("(#2) Invalid Breakdowns", 400, title="Invalid Breakdowns"),
    (2, 1504043): Known("(#2) Intermittent Error", 400, is_transient=True),
    (2, 1504044): Known("(#2) Unknown Error Occurred", 400, title="Unknown Error Occurred"),
    (4, None): Known("(#4) Application request limit reached", is_transient=True),
    (4, 1504022): Known(f"(#4) {_TOO_MANY_JOBS}", is_transient=True),
    (4, 1504039): Known(f"(#4) {_TOO_MANY_JOBS}", is_transient=True),
    (10, None): Known("(#10) Application does not have permission for this action", 403),
    (12, None): Known("(#12) This endpoint has been deprecated"),
    (17, 2446079): Known(
        "User request limit reached",
        is_transient=True,
        title="Ad Account Has Too Many API Calls",
        user_message=_ACCOUNT_WAIT,
    ),
    (32, None): Known("(#32) Page request limit reached", is_transient=True),
    (100, None): Known("(#100) Invalid parameter"),
    (100, 33): Known(
        "Unsupported get request. Object with ID 'unknown' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation. Please read the Graph API "
        f"documentation at {DOCS}",
        type="GraphMethodException",
    ),
    (100, 1487534): Known(
        f"(#100) {_REDUCE}", is_transient=False, title="Too Much Data", user_message=_REDUCE
    ),
    (100, 1504018): Known("(#100) Request Timed Out", title="Request Timed Out"),
    (100, 3191001): Known("(#100) Permission Error", title="Permission Error"),
    (100, 1713230): Known(
        "Invalid parameter",
        title="Audience Upload Blocked",
        user_message="Before updating user memberships, you must resolve the integrity "
        "restrictions on this audience, or create a new one.",
    ),
    (100, 1713231): Known(
        "Invalid parameter",
        title="Audience Edit Blocked",
        user_message="This audience cannot be edited due to integrity restrictions.",
    ),
    (100, 2804003): Known(
        "Invalid parameter",
        is_transient=False,
        title="Event Timestamp Too Old",
        user_message="The timestamp for this event is too far in the past. Events need to be sent "
        "from your server within 7 days of when they occurred. Enter a timestamp that has occurred "
        "within the last 7 days.",
    ),
    (100, 2804009): Known(
        "Invalid parameter",
        is_transient=False,
        title="Missing Value for Purchase Event",
        user_message="Your purchase event doesn’t include a value parameter. Enter a value. "  # noqa: RUF001 - Meta's own apostrophe
        "For example: 1.99",
    ),
    (100, 2804016): Known(
        "Invalid parameter", is_transient=False, title="User Parameter Not Hashed"
    ),
    (100, 2804050): Known(
        "Invalid parameter",
        is_transient=False,
        title="Not Enough Customer Information",
        user_message="This event does not have enough customer information parameters to be "
        "matched with a person.",
    ),
    (102, None): Known("Session key invalid or no longer valid"),
    (104, None): Known("An access token is required to request this resource."),
    (105, None): Known("(#105) The number of parameters exceeded the maximum for this operation"),
    (190, None): Known("Invalid OAuth access token - Cannot parse access token", 401),
    (190, 458): Known(f"{_VALIDATING}The user has not authorized application 100000000000001."),
    (190, 460): Known(
        f"{_VALIDATING}The session has been invalidated because the user changed their password or "
        "Facebook has changed the session for security reasons"
    ),
    (190, 463): Known(f"{_VALIDATING}Session has expired"),
    (200, None): Known(
        "(#200) Ad account owner has NOT grant ads_management or ads_read permission", 403
    ),
    (200, 1870034): Known(
        "(#200) Permissions error",
        title="Custom Audience Terms Not Accepted",
        user_message="To create or edit a customer file audience, accept the Custom Audience terms "
        "at https://www.facebook.com/ads/manage/customaudiences/tos/?act={account}",
    ),
    (200, 1870047): Known(
        "(#200) Permissions error",
        title="Audience Size Too Low",
        user_message="People cannot be removed because the audience would become too small.",
    ),
    (200, 1870050): Known(
        "(#200) Permissions error",
        title="Permissions Error",
        user_message="The ad account is not linked to a business.",
    ),
    (200, 1870090): Known(
        "(#200) Permissions error",
        title="Custom Audience Terms Not Accepted",
        user_message="The business that the ad account acts for has to accept the Custom Audience "
        "terms at https://www.facebook.com/ads/manage/customaudiences/tos/?act={account}",
    ),
    (270, None): Known(
        "(#270) This Ads API request is not allowed for apps with development access level", 403
    ),
    (341, None): Known("(#341) Application limit reached", is_transient=True),
    (368, None): Known(
        "(#368) The action attempted has been deemed abusive or is otherwise disallowed"
    ),
    (613, None): Known("(#613) Calls to this api have exceeded the rate limit."),
    (613, 1487742): Known(
        "(#613) Calls to this api have exceeded the rate limit.", user_message=_ACCOUNT_WAIT
    ),
    (613, 5044001): Known("(#613) Calls to this api have exceeded the rate limit."),
    (960, None): Known("(#960) Batch request failed", 500, is_transient=True),
    (2500, None): Known(
        "An active access token must be used to query information about the current user."
    ),
    (2601, 1487742): Known("There was an error running your report.", title="Report Unavailable"),
    (2635, None): Known(
        "(#2635) You are calling a deprecated version of the Ads API. "
        "Please update to the latest version: v26.0."
    ),
    (2650, None): Known("(#2650) Failed to update the custom audience"),
    (2650, 1870144): Known(_UPDATE, title="Audience Size Not Supported For Replace"),
    (2650, 1870145): Known(_UPDATE, title="Audience Update In Progress"),
    (2650, 1870147): Known(_UPDATE, title="Invalid Upload Batch for Replace"),
    (2650, 1870148): Known(_UPDATE, title="Something Went Wrong"),
    (2650, 1870158): Known(_UPDATE, title="Replace Session Timed Out"),
    (2650, 1870159): Known(_UPDATE, title="Replace Session Finished"),
    (2654, None): Known("(#2654) Failed to create the custom audience"),
    (2654, 1713092): Known(
        "(#2654) Failed to create the custom audience", title="No Write Permission"
    ),
    (3018, None): Known(
        "(#3018) The start date of the time range cannot be beyond 37 months from the current date"
    ),
    (21009, None): Known("(#21009) The data set upload is temporarily not ready."),
    (80000, 2446079): _business_limit(80000, "from this ad-account"),
    (80001, None): _business_limit(80001, "to this Page account"),
    (80003, 2446079): _business_limit(80003, "to this ad-account", "#custom-audience"),
    (80004, 2446079): _business_limit(80004, "to this ad-account", "#ads-management"),
    (80005, None): _business_limit(80005, "to this Page account"),
    (1487301, None): Known("(#1487301) Custom Audience Unavailable", title="Audience Not Shared"),
    (1487366, None): Known("(#1487366) Custom Audience Has Been Deleted", title="Audience Deleted"),
}


def known(code: int, subcode: int | None = None) -> Known:
    """Look up what Meta sends for a code; the code's only or plain entry serves unknown subcodes.

    Args:
        code: Meta's error code.
        subcode: Meta's subcode, if any.

    Returns:
        The entry; for a code that is not listed, a plain one with HTTP 400.
    """
    if code == 1 and subcode is not None:
        # The plain code asks for less data; with a subcode it is an error of any other kind.
        return CATALOG.get((code, subcode), CATALOG[1, 99])
    found = CATALOG.get((code, subcode)) or CATALOG.get((code, None))
    if found is None:
        found = next((entry for (key, _), entry in CATALOG.items() if key == code), None)
    return found or Known(f"(#{code}) An error occurred")


def usual_subcode(code: int) -> int | None:
    """Return the subcode Meta sends with a code when it always sends one, as with throttles."""
    if (code, None) in CATALOG:
        return None
    return next((subcode for key, subcode in CATALOG if key == code), None)


class GraphError(Exception):
    """An error as Meta would answer it.

    Args:
        code: Meta's error code.
        message: The text; the known one for the code when left out.
        subcode: Meta's subcode.
        http: The HTTP status; the known one when left out.
        type_: The envelope's ``type``; the known one when left out.
        data: More members of the envelope, which win over the known ones.
    """

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        subcode: int | None = None,
        http: int | None = None,
        type_: str | None = None,
        data: dict[str, object] | None = None,
    ) -> None:
        entry = known(code, subcode)
        super().__init__(message or entry.message)
        self.code = code
        self.subcode = subcode
        self.http = http or entry.http
        self.message = message or entry.message
        envelope: dict[str, object] = {"message": self.message}
        if kind := entry.type if type_ is None else type_:
            envelope["type"] = kind
        envelope["code"] = code
        if subcode is not None:
            envelope["error_subcode"] = subcode
        if entry.is_transient is not None:
            envelope["is_transient"] = entry.is_transient
        if entry.title is not None:
            envelope["error_user_title"] = entry.title
        if entry.user_message is not None:
            envelope["error_user_msg"] = entry.user_message
        self.envelope = {**envelope, **(data or {})}

    def about(self, account_id: str) -> Self:
        """Name an account where Meta's text for people has a link with it; returns the error."""
        text = self.envelope.get("error_user_msg")
        if isinstance(text, str):
            self.envelope["error_user_msg"] = text.replace("{account}", account_id)
        return self

    def body(self, trace_id: str) -> bytes:
        """Render the JSON body.

        Args:
            trace_id: The ``fbtrace_id`` of this answer.
        """
        return msgspec.json.encode({"error": {**self.envelope, "fbtrace_id": trace_id}})


def unsupported(object_id: str, method: str = "get") -> GraphError:
    """Return the error for an object that does not exist, or that the token may not know of."""
    text = CATALOG[100, 33].message.replace("'unknown'", f"'{object_id}'")
    return GraphError(
        100, text.replace("Unsupported get", f"Unsupported {method.lower()}"), subcode=33
    )


def unknown_path(component: str) -> GraphError:
    """Return the error for a path that leads nowhere."""
    return GraphError(2500, f"Unknown path components: /{component}")


def nonexisting_field(name: str, node_type: str) -> GraphError:
    """Return the error for a field that a node or edge does not have."""
    return GraphError(
        100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})"
    )


def invalid_insights_field(names: list[str]) -> GraphError:
    """Return the error for names that Insights does not take in ``fields``."""
    return GraphError(
        100,
        f"(#100) {', '.join(names)} {'is' if len(names) == 1 else 'are'} not valid for fields "
        "param. please check "
        "https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ "
        "for all valid values",
    )
