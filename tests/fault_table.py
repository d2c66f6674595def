"""What can go wrong, at which stages of an extraction, and how it ends.

The table that `test_tap_faults` goes through. Each fault is tried at every stage of `STAGES`. Where
one cannot occur, the stage is named with the reason; where the tap has a way round one that does
not pass, it must come to the whole truth.

`test_tap_jobs` has more of reports that are too large, and what becomes of jobs from their first
look on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fault_worlds import (
    BATCH,
    DIRECT,
    FURTHER,
    LEADS,
    LISTING,
    POLLING,
    READING,
    STAGES,
    SUBMITTING,
    of_insights,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fault_worlds import Answer, Stage


def at(stages: tuple[Stage, ...], word: str) -> dict[str, str]:
    """One word for several stages, by their names."""
    return dict.fromkeys((stage.name for stage in stages), word)


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes:
        answer: As the sandbox takes it.
        words: What the sentence holds with which a run ends.
        settings: Of the tap, without which it would take too long.
        not_at: Where it cannot occur, and why.
        passes_at: Where there is a way round it, and which.
    """

    answer: Answer
    words: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    not_at: Mapping[str, str] = field(default_factory=dict)
    passes_at: Mapping[str, str] = field(default_factory=dict)

    def stages(self) -> list[Stage]:
        """Where it can occur."""
        return [stage for stage in STAGES if stage.name not in self.not_at]


UNKNOWN = {"error": {"code": 1, "message": "An unknown error occurred", "http": 500}}
UNAVAILABLE = {"error": {"code": 2, "http": 500}}
LESS_OF_A_LIST = {"error": {"code": 1}}
LESS_OF_A_REPORT = {"error": {"code": 100, "subcode": 1487534}}
OF_INSIGHTS = tuple(stage for stage in STAGES if stage.is_of_insights)
OF_OBJECTS = tuple(stage for stage in STAGES if not stage.is_of_insights)

# ---------------------------------------------------------------- once

PASSING: dict[str, dict[str, Fault]] = {
    "the way there": {
        "reset": Fault({"kind": "reset"}),
        "answer lost": Fault({"kind": "drop_after"}),
        "time-out": Fault(
            {"kind": {"kind": "hang", "seconds": 4}}, settings={"request_timeout": 1.5}
        ),
        "truncated JSON": Fault({"kind": "truncate"}),
        "short body": Fault({"kind": "short_body"}),
    },
    "Meta's trouble": {
        "HTML 502": Fault({"kind": "html"}),
        "empty 500": Fault({"kind": "empty"}),
        "code 1": Fault(UNKNOWN),
        "code 2": Fault(UNAVAILABLE),
        "too much data": Fault(LESS_OF_A_LIST),
    },
    "limits": {
        "80000": Fault({"error": {"code": 80000}}),
        "80004": Fault({"error": {"code": 80004}}),
        "613": Fault({"error": {"code": 613}}),
        "17": Fault({"error": {"code": 17}}),
        "4": Fault({"error": {"code": 4, "subcode": 1504022}}),
    },
}

# With a wait that Meta states. After it the tap is slow where Meta says that its limit is used up.
SLOW = "up to half a minute, at the pace that is left; the other code is tried there"
WAITS: dict[int, dict[str, str]] = {
    80000: at((BATCH,), SLOW),
    80004: at((LISTING[0], LISTING[2]), SLOW),
}

# ---------------------------------------------------------------- for ever

PATIENCE = "max_retry_seconds"
LESS = "Ask for fewer rows"
ENDLESS: dict[str, dict[str, Fault]] = {
    "the way there": {
        "reset": Fault({"kind": "reset"}, PATIENCE),
        "time-out": Fault(
            {"kind": {"kind": "hang", "seconds": 2}}, PATIENCE, {"request_timeout": 0.5}
        ),
        "truncated JSON": Fault({"kind": "truncate"}, PATIENCE),
    },
    "Meta's trouble": {
        "HTML 502": Fault({"kind": "html"}, PATIENCE),
        "code 1": Fault(UNKNOWN, PATIENCE),
        "code 2": Fault(UNAVAILABLE, PATIENCE),
        "too much of a list": Fault(
            LESS_OF_A_LIST, LESS, not_at=at(OF_INSIGHTS, "below, as Insights say it")
        ),
        "too much of a report": Fault(
            LESS_OF_A_REPORT,
            LESS,
            not_at=at(OF_OBJECTS, "above, as lists say it"),
            passes_at={
                **at(DIRECT[:2], "a job takes the place of the direct answer"),
                **at((DIRECT[3], READING[1]), "fewer days have fewer pages"),
            },
        ),
    },
    "limits": {
        "80000, a long wait": Fault({"throttle": {"code": 80000, "minutes": 7}}, "7 min"),
        "80004, a long wait": Fault({"throttle": {"code": 80004, "minutes": 7}}, "7 min"),
        "613": Fault({"error": {"code": 613}}, PATIENCE),
        "17": Fault({"error": {"code": 17}}, PATIENCE),
    },
    "what a person must mend": {
        "token": Fault({"error": {"code": 190, "subcode": 463}}, "access_token"),
        "version": Fault({"error": {"code": 2635}}, "api_version"),
    },
}

# ---------------------------------------------------------------- one account

# The permission for one account is lost at all stages but these.
PERMISSION_NOT_AT = {
    **at((LISTING[0],), "an account that is lost is not among the accounts"),
    **at((BATCH,), "of a batch the parts are refused"),
}
PERMISSION = [stage for stage in (*STAGES, *FURTHER) if stage.name not in PERMISSION_NOT_AT]

# ---------------------------------------------------------------- one field

# A field that is asked for there, and that Meta does not know any more.
REMOVED: dict[str, str] = {
    **at(LISTING[1:], "bid_amount"),
    **at(LEADS, "ad_name"),
    **at((*DIRECT, SUBMITTING), "actions"),
}
# Of these the tap makes no column.
REMOVED_UNSEEN: dict[str, str] = {
    **at((POLLING,), "error_user_title"),
    "leads, their ads": "status",
}
# Asked for once in a run.
REMOVED_ONCE: dict[str, str] = {
    **at((LISTING[0],), "currency"),
    "accounts by number": "timezone_name",
}
FIELDS_NOT_NAMED = {
    **at((BATCH,), "its parts name the fields"),
    **at(READING, "the rows of a job have the fields with which it was submitted"),
}

# ---------------------------------------------------------------- jobs

# What becomes of a job shows when it is polled, or when it is read. `test_tap_jobs` tries that from
# the first look and the first page on; here, in jobs that take the place of a direct answer, and
# behind the first page.
BY_A_JOB = of_insights("auto, by a job", "auto", "submit")
JOBS: dict[str, tuple[Stage, ...]] = {
    "failed": (BY_A_JOB,),
    "skipped": (BY_A_JOB,),
    "stuck": (BY_A_JOB,),
    "unreadable": (BY_A_JOB, READING[1]),
    "expired": (READING[1],),
    "lost": (READING[1],),
}
JOBS_NOT_AT = {
    **at((*LISTING, *LEADS, *DIRECT), "there is no job yet"),
    **at((SUBMITTING,), "it shows later"),
    **at((BATCH,), "its parts are polls, each of one job"),
}
JOBS_NOT_READ = dict.fromkeys(
    ("failed", "skipped", "stuck"), "a job that Meta calls completed has its rows"
)
