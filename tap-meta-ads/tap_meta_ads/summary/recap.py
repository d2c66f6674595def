"""What a run did, as a snapshot, and how machines are told: as JSON and as metrics. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COUNTED = ("rows", "windows", "jobs", "splits", "requests", "retries")

# Enough for sums of any figures that Meta sends: a sum must not lose the digits of its parts.
_EXACT = Context(prec=2100)


@dataclass
class Tally:
    """What was done for one account and one stream.

    Attributes:
        account_id: The account, without `act_`; empty for what is of no single account.
        stream: The stream; empty for what is of no single stream, as finding the accounts.
        rows: Rows written.
        windows: Date windows read to their end.
        jobs: Report jobs submitted.
        splits: Pieces that Meta found too large, and that were asked for in smaller ones.
        requests: Calls as Meta counts them: each part of a batch is one.
        retries: Calls that were made again after a failure.
        seconds_waited: Seconds in which at least one call waited: for a limit, or to try again.
        spend: Sum of the rows' `spend`, in the account's currency; None where no row has it.
        currency: The account's currency, as `EUR`; empty when it is not known.
        fields_left_out: Field that Meta refused, and why.
        new_fields: Field without a column, and in how many rows it came at least: once it is clear
            that it comes in each row, nobody looks for it any more.
        misfits: Column left empty since a value did not fit, and in how many rows.
        skipped: Why the account was left out of the stream; empty when it was not.
    """

    account_id: str = ""
    stream: str = ""
    rows: int = 0
    windows: int = 0
    jobs: int = 0
    splits: int = 0
    requests: int = 0
    retries: int = 0
    seconds_waited: float = 0.0
    spend: Decimal | None = None
    currency: str = ""
    fields_left_out: dict[str, str] = field(default_factory=dict)
    new_fields: dict[str, int] = field(default_factory=dict)
    misfits: dict[str, int] = field(default_factory=dict)
    skipped: str = ""


@dataclass(frozen=True)
class Recap:
    """What a run has done so far.

    Attributes:
        run_id: The run.
        seconds: How long it has taken.
        seconds_waited: Seconds in which at least one call of the run waited.
        tallies: By account and stream.
        usages: Account and use case, and the highest usage told of that limit, in percent. An
            empty account is the whole app, an empty use case is all of them.
    """

    run_id: str
    seconds: float
    seconds_waited: float = 0.0
    tallies: tuple[Tally, ...] = ()
    usages: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def total(self, name: str) -> int:
        """The sum of one of `COUNTED`."""
        return sum(getattr(tally, name) for tally in self.tallies)


def plus(one: Decimal | None, other: Decimal | int) -> Decimal:
    """An exact sum; None counts as nothing.

    >>> plus(Decimal("1.10"), Decimal("12345678901234567890123456789.05"))
    Decimal('12345678901234567890123456790.15')
    """
    return _EXACT.add(one or Decimal(), Decimal(other))


def as_json(recap: Recap) -> dict[str, Any]:
    """The run as an object of stable keys that `json.dumps` takes.

    Keys:
        `run_id`: 32 hexadecimal digits.
        `seconds`: How long the run took.
        `totals`: An object: `rows`, `windows`, `jobs`, `splits`, `requests`, `retries` and
            `seconds_waited`, with their meaning of `Tally`. What waited at once counts once.
        `streams`: A list of objects, one for each account and stream, with the names of `Tally`.
            `account_id` and `stream` are null where it is of no single one, `spend` and
            `currency` where they are not known, `skipped` where nothing was. `spend` is a decimal
            text with all of Meta's digits, since a JSON number would lose them in most readers.
            `fields_left_out`, `new_fields` and `misfits` are objects, empty when there is none.
        `usage`: A list of objects: `account_id` (null for the app), `use_case` (null for all) and
            `percent`, the highest that was told of this limit.
    """
    return {
        "run_id": recap.run_id,
        "seconds": round(recap.seconds, 3),
        "totals": {
            **{name: recap.total(name) for name in COUNTED},
            "seconds_waited": round(recap.seconds_waited, 3),
        },
        "streams": [_tally_json(tally) for tally in recap.tallies],
        "usage": [
            {"account_id": account_id or None, "use_case": use_case or None, "percent": percent}
            for (account_id, use_case), percent in recap.usages.items()
        ],
    }


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "account_id": tally.account_id or None,
        "stream": tally.stream or None,
        **{name: getattr(tally, name) for name in COUNTED},
        "seconds_waited": round(tally.seconds_waited, 3),
        "spend": None if tally.spend is None else f"{tally.spend:f}",
        "currency": tally.currency or None,
        "fields_left_out": dict(tally.fields_left_out),
        "new_fields": dict(tally.new_fields),
        "misfits": dict(tally.misfits),
        "skipped": tally.skipped or None,
    }


class MetaMetric(str, Enum):
    """Metrics beside those of the SDK, which counts rows itself (`record_count`).

    Its members are texts too, and stand where `singer_sdk.metrics.Point` takes a metric.
    """

    REQUESTS = "meta_requests"
    WINDOWS = "meta_windows"
    JOBS = "meta_jobs"
    SPLITS = "meta_splits"
    RETRIES = "meta_retries"
    SECONDS_WAITED = "meta_seconds_waited"
    SPEND = "meta_spend"
    FIELDS_LEFT_OUT = "meta_fields_left_out"
    NEW_FIELDS = "meta_new_fields"
    MISFITS = "meta_misfits"
    SKIPPED = "meta_skipped"
    USAGE_PERCENT = "meta_usage_percent"

    @property
    def metric_type(self) -> str:
        """The SDK's word for it: `counter`, `timer` or `gauge`."""
        types = {"SECONDS_WAITED": "timer", "USAGE_PERCENT": "gauge"}
        return types.get(self.name, "counter")


class Measure(NamedTuple):
    """One metric.

    Attributes:
        metric: Which.
        value: A number. Spend is rounded as floats are; `as_json` has all its digits.
        tags: As the SDK's own: `stream`, `context` with `account_id`, `pid`; and `currency` or
            `use_case`.
    """

    metric: MetaMetric
    value: float
    tags: dict[str, Any]


def metrics(recap: Recap) -> Iterator[Measure]:
    """The metrics of a run, by account and stream or by limit. What is zero is left out."""
    for tally in recap.tallies:
        tags = _tags(tally.account_id, stream=tally.stream)
        values = {
            MetaMetric.REQUESTS: tally.requests,
            MetaMetric.WINDOWS: tally.windows,
            MetaMetric.JOBS: tally.jobs,
            MetaMetric.SPLITS: tally.splits,
            MetaMetric.RETRIES: tally.retries,
            MetaMetric.SECONDS_WAITED: round(tally.seconds_waited, 3),
            MetaMetric.FIELDS_LEFT_OUT: len(tally.fields_left_out),
            MetaMetric.NEW_FIELDS: len(tally.new_fields),
            MetaMetric.MISFITS: sum(tally.misfits.values()),
            MetaMetric.SKIPPED: int(bool(tally.skipped)),
        }
        for metric, value in values.items():
            if value:
                yield Measure(metric, value, dict(tags))
        if tally.spend:
            money = {**tags, "currency": tally.currency} if tally.currency else dict(tags)
            yield Measure(MetaMetric.SPEND, float(tally.spend), money)
    for (account_id, use_case), percent in recap.usages.items():
        if percent:
            yield Measure(MetaMetric.USAGE_PERCENT, percent, _tags(account_id, use_case=use_case))


def _tags(account_id: str, **others: str) -> dict[str, Any]:
    tags: dict[str, Any] = {name: value for name, value in others.items() if value}
    if account_id:
        tags["context"] = {"account_id": account_id}
    tags["pid"] = os.getpid()
    return tags
