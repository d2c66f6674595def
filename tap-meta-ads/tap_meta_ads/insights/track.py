"""Reading windows of one report of one account: the tasks, from the first call to the last page.

A direct answer of one page is a snapshot. Over several pages it is none: its cursors count rows,
and Meta refreshes figures every quarter of an hour, so a row could slip through. What does not fit
into one page is therefore read from a job, whose rows stand still.

What is too large is asked in smaller parts: fewer days (which `windows` decides); where one period
alone is too large, fewer ads at a time; where one ad alone is, fewer fields, whose rows are put
together again.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from meta_graph import (
    Call,
    Failure,
    GraphError,
    NotFoundError,
    RetryableError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
    failed_job,
    halved,
    next_cursor,
)
from tap_meta_ads.dates import subtract
from tap_meta_ads.engine.jobs import JobState, job_state
from tap_meta_ads.engine.place import Place
from tap_meta_ads.engine.tasks import Ask, Emit, Page, Task, Watch
from tap_meta_ads.insights.windows import Answered, Layout, Overflowing, TooLarge, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from logging import LoggerAdapter

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.dates import DateRange
    from tap_meta_ads.fields import Asked
    from tap_meta_ads.reports.report import Report

PAGE = 1000
"""Rows of a page, at first; halved where Meta refuses it."""

SUBMISSIONS = 3
"""How often a job is submitted, when it fails without a reason that tells more."""

LATER = "Run again later; what is complete is kept."

SMALLER = (
    "Ask for fewer rows: take a breakdown out of the report, or give it a lower `level` or a "
    "shorter `time_increment`."
)
"""What to do where one period is too much in any part."""

IDS_OF_A_QUERY = 100
"""Ids that fit into an address; a job takes them in its body, however many they are."""

Rows = list[msgspec.Raw]
Result = Answered | Overflowing | TooLarge


@dataclass(frozen=True)
class Part:
    """A part of a window of one period.

    Attributes:
        window: The window.
        columns: What is asked for.
        ids: Of which objects of the report's level; of all when None.
    """

    window: Window
    columns: tuple[str, ...]
    ids: tuple[str, ...] | None = None


@dataclass
class InsightsTrack:
    """One report of one account; see `tasks.Track`.

    Attributes:
        account: Whose figures.
        report: Which figures.
        asked: The selected columns, without what Meta refuses.
        layout: Which days to ask for next.
        aged: Fields that Meta does not tell of windows that are aged.
        mode: `auto`, `async` or `sync`.
        page: Rows of a page.
        count: Told what happened: `windows`, `jobs`, `splits`.
        left_out: Told of each field that Meta cannot make, and why.
        log: Logger whose lines say which report of which account they are about.
    """

    account: Account
    report: Report
    asked: Asked
    layout: Layout
    aged: frozenset[str]
    mode: str
    page: int
    count: Callable[[str], None]
    left_out: Callable[[str, str], None]
    log: LoggerAdapter[Any]
    use_case: str = "ads_insights"
    _begun: list[tuple[DateRange, array[int]]] = field(default_factory=list)

    @property
    def stream(self) -> str:
        """Name of the stream."""
        return self.report.name

    @property
    def account_id(self) -> str:
        """Number of the account."""
        return self.account.id

    @property
    def is_over(self) -> bool:
        """Whether all days have been read."""
        return self.layout.is_over

    def next(self) -> Task[Result] | None:
        """Read the next window, if there is one to begin with."""
        window = self.layout.next()
        return self.read(window) if window else None

    def finished(self, result: Result) -> None:
        """Lay out what is left by what became of a window."""
        if isinstance(result, TooLarge):
            self.count("splits")
            self.log.info("%s is too much at once: asking for half as many days.", result.window)
        elif isinstance(result, Answered):
            self.count("windows")
        self.layout.take_in(result)

    def read(self, window: Window) -> Task[Result]:
        """Read a window; again and again without the fields that Meta refuses."""
        while True:
            before = self.asked.columns
            try:
                return (yield from self._read(window))
            except UnknownFieldError as error:
                self.asked.without(error)
                if self.asked.columns == before:  # what is refused is not asked for as a column
                    raise

    def _read(self, window: Window) -> Task[Result]:
        whole = Part(window, self._columns_of(window))
        if self.mode == "auto" and not window.by_job:
            return (yield from self._one_page(whole))
        handed_on = self._handed_on_in(window)
        try:
            rows = yield from self._rows(whole, handed_on)
        except TooMuchDataError as error:
            if not self.layout.period.is_one(window.days):
                if handed_on:
                    self._begun.append((window.days, handed_on))
                return TooLarge(window)
            rows = yield from self._in_parts(whole, error, handed_on)
        return Answered(window, rows)

    def _handed_on_in(self, window: Window) -> array[int]:
        """Hashes of the rows that a larger window has handed on before Meta refused the others."""
        within = (marks for days, marks in self._begun if not subtract([window.days], [days]))
        return array("q", chain.from_iterable(within))

    def _one_page(self, part: Part) -> Task[Result]:
        """A window that fits into one page; else nothing of it."""
        try:
            page: Page = yield Ask(self._query(part, limit=self.page), page=True)
        except TooMuchDataError:
            return Overflowing(part.window, 0)
        if next_cursor(page.paging):
            return Overflowing(part.window, len(page.data))
        yield Emit(page.data)
        return Answered(part.window, len(page.data))

    def _rows(self, part: Part, handed_on: array[int] | None = None) -> Task[int]:
        """All pages of a part, directly or from a job, as the mode says.

        Args:
            part: What to read.
            handed_on: As in `_pages`.
        """
        marks = array("q") if handed_on is None else handed_on
        if self.mode == "sync":
            return self._pages(self._query(part), marks)
        return self._by_job(part, marks)

    def _by_job(self, part: Part, handed_on: array[int]) -> Task[int]:
        """Rows of a report job, all pages. A job that is lost while it is read is made again."""
        lost: GraphError = self._failure("No report was read")
        for _ in range(SUBMISSIONS):
            run_id = yield from self._finished_job(part)
            call = Call(
                "GET", f"{run_id}/insights", account=self.account.id, use_case=self.use_case
            )
            try:
                return (yield from self._pages(call, handed_on))
            except NotFoundError as error:
                self.log.warning("The report of %s is lost: %s", part.window, error)
                lost = UnavailableError(error.failure)
        raise lost.about(advice=f"It was submitted {SUBMISSIONS} times. {LATER}")

    def _pages(self, call: Call, handed_on: array[int]) -> Task[int]:
        """The rows of an edge, page by page, without those that were handed on before.

        Args:
            call: The call, without cursor and limit.
            handed_on: Hashes of the rows that were handed on before; grows. An array, since it is
                seldom looked at, and a set would take ten times the memory.
        """
        before = set(handed_on)
        place, limit, count = Place(call.path), self.page, 0
        while True:
            params = {**call.params, "limit": limit, "after": place.after}
            try:
                page: Page = yield Ask(replace(call, params=params), page=True)
            except TooMuchDataError:
                smaller = halved(limit)
                if smaller is None:
                    raise
                self.log.info("Meta refuses %d rows a page: asking for %d.", limit, smaller)
                limit = smaller
                continue
            except UnknownFieldError as error:
                if place.after is None:
                    raise
                # Begun again, the window would hand on for a second time what came before.
                call = self._narrowed(call, error)
                continue
            rows = page.data
            if before:
                rows = [row for row in rows if _mark(row) not in before]
            if next_cursor(page.paging) or count:
                handed_on.extend(map(_mark, rows))
            count += len(rows)
            yield Emit(rows)
            if not place.move(page):
                return count

    def _finished_job(self, part: Part) -> Task[str]:
        """Submit a job and see it through; returns its id."""
        error: GraphError = self._failure("No report was made")
        for attempt in range(SUBMISSIONS):
            if attempt:
                self.log.warning("%s: %s Submitting the report again.", part.window, error)
            self.count("jobs")
            # A job that is submitted twice costs a call and changes nothing.
            answer = yield Ask(replace(self._query(part), method="POST", idempotent=True))
            run_id = str(answer.get("report_run_id", "")) if isinstance(answer, dict) else ""
            if not run_id.isdigit():
                error = self._failure("Meta has taken a report without naming it")
                continue
            try:
                status = yield Watch(run_id, self.account.id)
            except NotFoundError as lost:
                # The account is there: this is no reason to leave it out.
                error = UnavailableError(lost.failure)
                continue
            match job_state(status):
                case JobState.DONE:
                    return run_id
                case JobState.RUNNING:
                    raise self._failure(
                        f"The report of {part.window} stands still "
                        f"({status.get('async_status')}, "
                        f"{status.get('async_percent_completion')} %) "
                        "for longer than `max_retry_seconds`",
                    )
            error = failed_job(status, account=self.account.id)
            if not isinstance(error, RetryableError):
                raise error
        raise error.about(advice=f"It was submitted {SUBMISSIONS} times. {LATER}")

    def _in_parts(self, part: Part, error: TooMuchDataError, handed_on: array[int]) -> Task[int]:
        """Read what is too large at once: by half of its objects, then by half of its fields."""
        if part.ids is None and self.report.level != "account":
            ids = yield from self._ids(part)
            self.log.info("%s is too much at once: asking for parts of %d.", part.window, len(ids))
            parts = [replace(part, ids=half) for half in _halves(ids)]
        elif part.ids and len(part.ids) > 1:
            parts = [replace(part, ids=half) for half in _halves(part.ids)]
        else:
            rows = yield from self._by_fields(part, error)
            yield Emit([msgspec.Raw(msgspec.json.encode(row)) for row in rows])
            return len(rows)
        self.count("splits")
        count = 0
        for smaller in parts:
            try:
                if self.mode == "sync" and len(smaller.ids or ()) > IDS_OF_A_QUERY:
                    raise error
                count += yield from self._rows(smaller, handed_on)
            except TooMuchDataError as again:
                count += yield from self._in_parts(smaller, again, handed_on)
        return count

    def _ids(self, part: Part) -> Task[tuple[str, ...]]:
        """The objects of the report's level that have figures in a window.

        None is an answer too: what Meta makes of a day it guesses beforehand, and may guess too
        much of one on which nothing was shown.

        Raises:
            UnavailableError: A row does not say whose it is.
        """
        name = f"{self.report.level}_id"
        found: list[str] = []
        report = replace(self.report, breakdowns=(), action_breakdowns=())
        if self.report.breakdowns:
            # A filter on figures is about the rows, and with breakdowns these are others.
            report = replace(report, filtering=())
        read = replace(self, report=report)._rows(replace(part, columns=(name,)))  # noqa: SLF001 - ours
        for row in (yield from _collected(read)):
            ids = msgspec.json.decode(row)
            if name not in ids:
                raise self._failure(f"Meta has sent a row of {part.window} without {name}")
            found.append(str(ids[name]))
        return tuple(dict.fromkeys(found))

    def _by_fields(self, part: Part, error: TooMuchDataError) -> Task[list[dict[str, Any]]]:
        """The rows of one object, read with half of the fields at a time and put together.

        A field that alone is too much is left empty, and named.

        Raises:
            TooMuchDataError: No field could be had: it is the rows that are too many, and without
                one of them the days would count as read.
        """
        whole = {*self.report.keys, *self.report.comes_unasked}
        others = tuple(name for name in part.columns if name not in whole)
        if len(others) <= 1:
            raise error.about(advice=SMALLER)
        self.count("splits")
        merged: dict[tuple[Any, ...], dict[str, Any]] = {}
        named = tuple(name for name in part.columns if name in whole)
        refused: list[str] = []
        for half in _halves(others):
            try:
                rows = yield from self._with_fields(replace(part, columns=(*named, *half)))
            except TooMuchDataError:
                if refused:
                    raise
                refused += half
                continue
            for row in rows:
                merged.setdefault(self.report.key_of(row), {}).update(row)
        for name in refused:
            self.left_out(name, f"too much data for Meta on {part.window}")
            self.log.warning("%s: Meta cannot make %s, left empty.", part.window, name)
        return list(merged.values())

    def _with_fields(self, part: Part) -> Task[list[dict[str, Any]]]:
        """The rows of one object with some of the fields; with half of them where need be."""
        try:
            raws = yield from _collected(self._rows(part))
        except TooMuchDataError as error:
            return (yield from self._by_fields(part, error))
        return [msgspec.json.decode(raw, type=dict[str, msgspec.Raw]) for raw in raws]

    def _columns_of(self, window: Window) -> tuple[str, ...]:
        gone = self.aged if window.aged else ()
        return tuple(name for name in self.asked.columns if name not in gone)

    def _query(self, part: Part, limit: int | None = None) -> Call:
        only: list[dict[str, Any]] = []
        if part.ids is not None:
            field = f"{self.report.level}.id"
            only.append({"field": field, "operator": "IN", "value": [*part.ids]})
        params = self.report.params(part.window.days, part.columns, only)
        if limit is not None:
            params["limit"] = limit
        return Call("GET", f"{self.account.path}/insights", params)

    def _narrowed(self, call: Call, error: UnknownFieldError) -> Call:
        """A call without the fields that Meta refuses amid its pages."""
        asked = call.params.get("fields", [])
        self.asked.without(error)
        kept = [name for name in asked if name not in self.asked.refused]
        if kept == asked:
            raise error
        return replace(call, params={**call.params, "fields": kept})

    def _failure(self, words: str) -> UnavailableError:
        return UnavailableError(
            Failure(
                words,
                LATER,
                account=self.account.id,
                edge="insights",
            )
        )


def _mark(row: msgspec.Raw) -> int:
    """Tells a row from others; 64 bits."""
    return hash(bytes(row))


def _collected(task: Task[int]) -> Task[Rows]:
    """The rows that a task would hand on."""
    rows: Rows = []
    answer: Any = None
    error: GraphError | None = None
    while True:
        try:
            need = task.send(answer) if error is None else task.throw(error)
        except StopIteration:
            return rows
        answer = error = None
        if isinstance(need, Emit):
            rows += need.rows
            continue
        try:
            answer = yield need
        except GraphError as raised:
            error = raised


def _halves(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    middle = (len(names) + 1) // 2
    return tuple(part for part in (tuple(names[:middle]), tuple(names[middle:])) if part)
