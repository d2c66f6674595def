"""Runs of the tap under faults, each against a sandbox of its own, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache, partial
from typing import Any

from meta_sandbox import Sandbox
from tests.singer import Output, run_tap
from tests.worlds import KINDS, WINDOWS, Row, differences, keyed, upserted

# The tap takes the day from Meta's answers, and at half past eleven no account's day ends soon.
NOW = datetime.now(timezone.utc).replace(hour=11, minute=30)
START = str((NOW - timedelta(days=11)).date())
KEYS = ("account_id", "ad_id", "date_start")
REPORT = {"name": "daily", "fields": ["spend", "social_spend", "impressions", "actions"]}
ENTITIES = ("campaigns", "ads")
AT_ONCE = 16
# Seconds. What is not over by then waits for something that never comes.
LONGEST = 45.0

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Stage:
    """A moment of an extraction.

    Attributes:
        name: For people.
        match: The sandbox's requests of this stage.
        streams: What is extracted.
        settings: With which it comes to this stage.
        options: Of the sandbox.
    """

    name: str
    match: Mapping[str, object]
    streams: tuple[str, ...]
    settings: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_of_insights(self) -> bool:
        return self.streams == ("daily",)


def of_insights(name: str, mode: str, stage: str, page: int = 1, **settings: object) -> Stage:
    match: dict[str, object] = {"stage": stage} if page == 1 else {"stage": stage, "page": page}
    return Stage(name, match, ("daily",), {"insights_mode": mode, **settings})


LISTING = (
    Stage("accounts", {"edge": "adaccounts"}, ENTITIES),
    Stage("listing, page 1", {"edge": "ads"}, ENTITIES),
    Stage("listing, page n", {"edge": "ads", "page": 2}, ENTITIES),
)
DIRECT = (
    # One page that holds all, and one that a job takes the place of.
    of_insights("auto", "auto", "sync_insights", page_size=500),
    of_insights("auto, too small a page", "auto", "sync_insights"),
    of_insights("sync, page 1", "sync", "sync_insights"),
    of_insights("sync, page n", "sync", "sync_insights", 3),
)
SUBMITTING = of_insights("submitting", "async", "submit")
POLLING = of_insights("polling", "async", "poll")
READING = (
    of_insights("reading, page 1", "async", "read"),
    of_insights("reading, page n", "async", "read", 3),
)
# What cuts the connection of a whole batch.
BATCH = Stage("polling, the batch", {"stage": "batch"}, ("daily",), {"insights_mode": "async"})
# Parts of batches: leads are listed ad by ad.
LEADS = (
    Stage("leads", {"edge": "leads"}, ("leads",)),
    Stage("leads, page n", {"edge": "leads", "page": 2}, ("leads",), {"page_size": 1}),
)
STAGES = (*LISTING, *LEADS, *DIRECT, SUBMITTING, POLLING, BATCH, *READING)


class World:
    """A sandbox, the settings for it, and what is true.

    Args:
        stage: What it is for.
        settings: Further settings.
        options: Further options of the sandbox.
    """

    def __init__(
        self, stage: Stage, settings: Mapping[str, object], options: Mapping[str, Any]
    ) -> None:
        self.stage = stage
        size: dict[str, Any] = {"seed": 3, "accounts": 2, "ads": 6, "days": 12, "now": NOW}
        self.sandbox = Sandbox(**{**size, **stage.options, **options})
        self.config = {
            "access_token": self.sandbox.token,
            "api_url": self.sandbox.url,
            "start_date": START,
            # So that a second run reads only what is missing.
            "insights_lookback_days": 0,
            "insights_reports": [REPORT],
            "page_size": 5,
            "max_retry_seconds": 60,
            **stage.settings,
            **settings,
        }

    def run(self, state: Row | None = None) -> Output:
        output = run_tap(self.config, state=state, streams=self.stage.streams, longest=LONGEST)
        everything = output.log + "\n".join(output.lines)
        assert self.sandbox.token not in everything, "the token was written"
        return output

    def not_met(self, output: Output) -> str:
        """Words if a fault has hit nothing, so that the test would test nothing."""
        faults = self.sandbox.engine.faults.listing()
        if all(int(str(f["seen"])) > int(str(f["skip"])) for f in faults):
            return ""
        return f"a fault was not met; status {output.status}: {output.last_words}"

    def wrong(self, *outputs: Output, without: str = "", but: str = "") -> list[str]:
        """In what the rows of some runs are not the truth.

        Args:
            outputs: The runs, in order.
            without: An account that does not count.
            but: A column that does not count.
        """
        found = []
        for stream in self.stage.streams:
            keys = KEYS if stream == "daily" else ("id",)
            if len(outputs) == 1:
                keyed(outputs[0].rows(stream), keys)
            upserts = upserted(outputs, stream, keys)
            rows = {key: {**row, but: None} for key, row in upserts.items()} if but else upserts
            truth = self._truth(stream, without)
            truth = {key: {**row, but: None} for key, row in truth.items()} if but else truth
            found += [f"{stream}: {words}" for words in differences(rows, truth)]
        return found

    def _truth(self, stream: str, without: str) -> Mapping[tuple[str, ...], Row]:
        if stream == "daily":
            since = self.config["start_date"]
            rows: list[Any] = self.sandbox.truth_insights(since=since, windows=WINDOWS)
        elif stream == "leads":
            rows = undisturbed_leads()
        else:
            rows = self.sandbox.truth(KINDS[stream])
        true = keyed(rows, KEYS if stream == "daily" else ("id",))
        return {key: row for key, row in true.items() if row["account_id"] != without}


@cache
def undisturbed_leads() -> list[dict[str, Any]]:
    """The leads of the worlds here, of which the sandbox tells no truth."""
    world = World(LEADS[0], {}, {})
    with world.sandbox:
        output = world.run()
    assert output.status == 0, output.last_words
    assert len(output.rows("leads")) > 10
    return output.rows("leads")


def completes(
    stage: Stage,
    *faults: Answer,
    settings: Mapping[str, object] | None = None,
    options: Mapping[str, object] | None = None,
    words: str = "",
) -> str:
    """What is wrong with one run under faults that should end with the whole truth.

    Args:
        stage: Where they hit.
        faults: The sandbox's faults; `match` is the stage's if it is not given.
        settings: Of the tap.
        options: Of the sandbox.
        words: What the log should say.
    """
    world = World(stage, settings or {}, options or {})
    with world.sandbox as sandbox:
        for fault in faults:
            sandbox.add_fault({"match": stage.match, **fault})
        output = world.run()
        if missed := world.not_met(output):
            return missed
        if output.status:
            return f"status {output.status}: {output.last_words}"
        if words not in output.log:
            return f"nothing said of {words}: {output.log[-1500:]}"
        return "; ".join(world.wrong(output))


def fails_clearly_and_resumes(
    stage: Stage,
    *faults: Answer,
    words: str = "",
    settings: Mapping[str, object] | None = None,
    options: Mapping[str, object] | None = None,
    may_complete: bool = False,
) -> str:
    """What is wrong with a run that should end with one sentence, and with the run after it.

    Args:
        stage: Where the faults hit.
        faults: The sandbox's faults; `match` is the stage's if it is not given.
        words: What the sentence should hold.
        settings: Of the tap.
        options: Of the sandbox.
        may_complete: Whether the tap may find a way to the whole truth instead.
    """
    small = {"max_retry_seconds": 2, **(settings or {})}
    world = World(stage, small, options or {})
    with world.sandbox as sandbox:
        for fault in faults:
            sandbox.add_fault({"match": stage.match, "times": None, **fault})
        first = world.run()
        if missed := world.not_met(first):
            return missed
        if first.status == 0:
            wrong = world.wrong(first)
            if wrong or not may_complete:
                return f"status 0, {wrong or 'and the whole truth'}"
            return ""
        if unclear := not_clear(first, words):
            return unclear
        sandbox.clear_faults()
        world.config["max_retry_seconds"] = 60
        second = world.run(first.states[-1] if first.states else None)
        wrong = world.wrong(first, second)
        return f"second run, {second.last_words}: {wrong}" if second.status or wrong else ""


def not_clear(output: Output, *words: str) -> str:
    """What is wrong with the end of a run that should have failed with one sentence."""
    if output.status == 0:
        return "status 0"
    if "Traceback" in output.log:
        return f"a traceback: {output.log[-3000:]}"
    last = output.last_words
    clear = "| ERROR" in last and all(word in last for word in words)
    return "" if clear else f"no clear last words: {last}"


def at_once(cases: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """What is wrong, by case. They run at once, since most of their time is waiting."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {name: pool.submit(case) for name, case in cases.items()}
        return {name: words for name, run in runs.items() if (words := run.result())}


def everywhere(
    stages: Iterable[Stage],
    *faults: Answer,
    way: Callable[..., str] = completes,
    **more: object,
) -> dict[str, str]:
    """What is wrong, by stage."""
    return at_once({stage.name: partial(way, stage, *faults, **more) for stage in stages})
