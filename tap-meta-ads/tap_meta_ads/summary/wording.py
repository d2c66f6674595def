"""A run in words: what it did, and how far it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_meta_ads.summary.recap import plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from tap_meta_ads.summary.recap import Recap, Tally

NAMED = 2
"""Streams of the same spend that are all named."""


def sentence(recap: Recap) -> str:
    """One line for people. What is zero is left out."""
    read = [tally for tally in recap.tallies if tally.stream and not tally.skipped]
    streams = count(len({tally.stream for tally in read}), "stream")
    accounts = count(len({tally.account_id for tally in read}), "account")
    rows = f"{count(recap.total('rows'), 'row')} of {streams} and {accounts}"
    parts = [rows if read else "nothing read"]
    names = {"requests": "call", "jobs": "report job", "windows": "window", "splits": "split"}
    names["retries"] = "retry"
    parts += [count(recap.total(name), word) for name, word in names.items() if recap.total(name)]
    if recap.seconds_waited >= 1:
        parts.append(f"{span(recap.seconds_waited)} waited")
    clauses = [", ".join(parts)]
    if (highest := max(recap.usages.items(), key=lambda item: item[1], default=None)) and highest[
        1
    ]:
        clauses.append(f"highest usage {highest[1]:.4g} % ({limit_name(*highest[0])})")
    clauses += _told("spend", _spend(recap.tallies))
    clauses += _told("fields left out", _left_out(recap.tallies))
    clauses += _told("fields newly sent", _in_rows(recap.tallies, "new_fields", "at least "))
    clauses += _told("values left empty", _in_rows(recap.tallies, "misfits"))
    clauses += _told("left out", _skipped(recap.tallies))
    return f"Run {recap.run_id[:8]} took {span(recap.seconds)}: {'; '.join(clauses)}."


def count(number: int, word: str) -> str:
    """A number of things.

    >>> count(12400, "row"), count(1, "row"), count(2, "retry")
    ('12,400 rows', '1 row', '2 retries')
    """
    if number != 1:
        word = f"{word[:-1]}ies" if word.endswith("ry") else f"{word}s"
    return f"{number:,} {word}"


def span(seconds: float) -> str:
    """A time for people, in its two largest units.

    >>> span(0.26), span(42.3), span(130), span(7500)
    ('0.3 s', '42 s', '2 min 10 s', '2 h 5 min')
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{whole} s"  # noqa: PLR2004 - one digit
    large, small, units = (whole // 60, whole % 60, ("min", "s"))
    if whole >= 3600:  # noqa: PLR2004 - an hour
        large, small, units = (whole // 3600, whole % 3600 // 60, ("h", "min"))
    return f"{large:,} {units[0]}" + (f" {small} {units[1]}" if small else "")


def limit_name(account_id: str, use_case: str) -> str:
    """A limit of Meta's for people, as `ads_insights of account 123`."""
    whose = f"account {account_id}" if account_id else "the app"
    return f"{use_case} of {whose}" if use_case else whose


def _told(what: str, parts: Iterable[str]) -> Iterator[str]:
    if text := ", ".join(parts):
        yield f"{what} {text}" if what == "spend" else f"{what}: {text}"


def _spend(tallies: Iterable[Tally]) -> Iterator[str]:
    """Spend by currency. Never a sum over streams: each report tells the same money anew."""
    sums: dict[tuple[str, str], Decimal] = {}
    for tally in tallies:
        if tally.spend is not None:
            key = (tally.stream, tally.currency or "of unknown currency")
            sums[key] = plus(sums.get(key), tally.spend)
    streams: dict[tuple[str, Decimal], list[str]] = {}
    for (stream, currency), amount in sums.items():
        if amount:
            streams.setdefault((currency, amount), []).append(stream)
    for (currency, amount), names in streams.items():
        # Breakdowns of one report tell the same sum; a name that stands alone is worth a look.
        told = ", ".join(names)
        if len(names) > NAMED:
            told = f"{names[0]} and {len(names) - 1} other streams"
        yield f"{amount:,f} {currency} ({told})"


def _left_out(tallies: Iterable[Tally]) -> Iterable[str]:
    return dict.fromkeys(
        f"{tally.stream}.{name}" for tally in tallies for name in tally.fields_left_out
    )


def _in_rows(tallies: Iterable[Tally], attribute: str, how: str = "") -> Iterator[str]:
    sums: dict[str, int] = {}
    for tally in tallies:
        for name, rows in getattr(tally, attribute).items():
            place = f"{tally.stream}.{name}"
            sums[place] = sums.get(place, 0) + rows
    return (f"{place} ({how}{count(rows, 'row')})" for place, rows in sums.items())


def _skipped(tallies: Iterable[Tally]) -> Iterator[str]:
    """Accounts, of which streams, and why. The reason once: Meta's differ by their trace ids."""
    reasons: dict[str, str] = {}
    streams: dict[str, list[str]] = {}
    for tally in tallies:
        if tally.skipped:
            reasons.setdefault(tally.account_id, tally.skipped)
            streams.setdefault(tally.account_id, []).append(tally.stream)
    for account_id, reason in reasons.items():
        names = streams[account_id]
        # Without a stream it stands for all of them.
        whole = "" if "" in names else f" of {', '.join(names)}"
        yield f"account {account_id}{whole} ({reason.rstrip('.')})"
