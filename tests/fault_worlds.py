"""Runs of the tap under faults, each against a sandbox of its own, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Any

from meta_sandbox import Sandbox
from tests.singer import Output, run_tap
from tests.worlds import KINDS, NOW, WINDOWS, Row, differences, fetched_again, keyed, upserted

START = str((NOW - timedelta(days=11)).date())
KEYS = ("account_id", "ad_id", "date_start")
REPORT = {"name": "daily", "fields": ["spend", "social_spend", "impressions", "actions"]}
ENTITIES = ("campaigns", "ads")
SIZE: Mapping[str, Any] = {"seed": 3, "accounts": 2, "ads": 6, "days": 12, "now": NOW}
AT_ONCE = 16
# Seconds. What is not over by then waits for something that never comes.
LONGEST = 45.0

Answer = Mapping[str, Any]

_resumed: dict[str, tuple[Output, list[str]]] = {}


@dataclass(frozen=True)
class Stage:
    """A moment of an extraction.

    Attributes:
        name: For people.
        match: The sandbox's requests of this stage.
        streams: What is extracted.
        settings: With which it comes to this stage.
        options: Of the sandbox.
        before: So many of its requests are let pass where there are several, so that there is
            something to resume from.
    """

    name: str
    match: Mapping[str, object]
    streams: tuple[str, ...]
    settings: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    before: int = 1

    @property
    def is_of_insights(self) -> bool:
        return self.streams == ("daily",)


def of_insights(name: str, mode: str, stage: str, page: int = 1, **settings: object) -> Stage:
    match: dict[str, object] = {"stage": stage} if page == 1 else {"stage": stage, "page": page}
    return Stage(name, match, ("daily",), {"insights_mode": mode, **settings})


LISTING = (
    # The accounts are listed by one call.
    Stage("accounts", {"edge": "adaccounts"}, ENTITIES, before=0),
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
# What cuts the connection of a whole batch, of which there may be one.
BATCH = Stage(
    "polling, the batch", {"stage": "batch"}, ("daily",), {"insights_mode": "async"}, before=0
)
# Parts of batches: leads are listed ad by ad.
LEADS = (
    Stage("leads", {"edge": "leads"}, ("leads",)),
    Stage("leads, page n", {"edge": "leads", "page": 2}, ("leads",), {"page_size": 2}),
)
STAGES = (*LISTING, *LEADS, *DIRECT, SUBMITTING, POLLING, BATCH, *READING)
ALL = "all"
# Read as the lists above are, but for what is refused for good.
FURTHER = (
    Stage("accounts by number", {"stage": "node"}, ENTITIES, {"account_ids": ALL}),
    Stage("leads, their ads", {"edge": "ads"}, ("leads",)),
)


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
        self.options = {**SIZE, **stage.options, **options}
        self.sandbox = Sandbox(**self.options)
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
        if self.config.get("account_ids") == ALL:
            accounts = self.sandbox.world.accounts
            self.config["account_ids"] = [account.account_id for account in accounts]

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
        """In what the rows of some runs are not the truth, and which come twice in one of them.

        Args:
            outputs: The runs, in order.
            without: An account that does not count.
            but: A column that may be empty.
        """
        found = []
        for stream in self.stage.streams:
            keys = KEYS if stream == "daily" else ("id",)
            for output in outputs:
                counted = Counter(tuple(row[key] for key in keys) for row in output.rows(stream))
                twice = [key for key, count in counted.items() if count > 1]
                found += [f"{stream}: {len(twice)} came twice, as {twice[0]}"] if twice else []
            truth = self._truth(stream, without)
            rows = upserted(outputs, stream, keys)
            if but:
                rows = {key: _without_empty(row, but) for key, row in rows.items()}
            found += [f"{stream}: {words}" for words in differences(rows, truth)]
        return found

    def resume(self, first: Output) -> str:
        """What is wrong after a run that goes on where another has ended."""
        self.sandbox.clear_faults()
        second, again = self._undisturbed(first.states[-1] if first.states else None)
        wrong = [*self.wrong(first, second), *again]
        return f"second run, {second.last_words}: {wrong}" if second.status or wrong else ""

    def _undisturbed(self, state: Row | None) -> tuple[Output, list[str]]:
        """A run from a state, and what it asked for although it was complete.

        Many faults leave one state behind. What follows from it without a fault is one run.
        """
        for patience in ("max_retry_seconds", "request_timeout"):
            self.config.pop(patience, None)
        place = dict.fromkeys(("access_token", "api_url"))
        key = repr((self.options, self.stage.streams, {**self.config, **place}, state))
        if key not in _resumed:
            self.sandbox.clear_requests()
            output = self.run(state)
            again = [f"again {words}" for words in fetched_again(self.sandbox, state, "daily")]
            _resumed[key] = output, again
        return _resumed[key]

    def _truth(self, stream: str, without: str) -> Mapping[tuple[str, ...], Row]:
        if stream == "daily":
            until = str(self.config.get("end_date", ""))
            true = true_insights(str(self.config["start_date"]), until, **self.options)
        else:
            # Leads do not say of themselves whose they are.
            rows = [
                {"account_id": account.account_id, **row}
                for account in self.sandbox.world.accounts
                for row in self.sandbox.truth(KINDS.get(stream, stream), account.account_id)
            ]
            true = keyed(rows, ("id",))
        return {key: row for key, row in true.items() if row["account_id"] != without}


def _without_empty(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name or value is not None}


@cache
def true_insights(since: str, until: str, **options: Any) -> Mapping[tuple[str, ...], Row]:  # noqa: ANN401 - options of the sandbox
    """The truth of a sandbox, which is the same for all with the same options."""
    with Sandbox(**options) as sandbox:
        return keyed(sandbox.truth_insights(since=since, until=until, windows=WINDOWS), KEYS)


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
        return world.resume(first)


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
