"""Drives the tasks of a track as the engine does, with answers from a function."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from meta_graph import Call, GraphError
from tap_meta_ads.accounts import Account
from tap_meta_ads.engine.tasks import Ask, AskAll, Emit, Page
from tap_meta_ads.entities.definitions import ENTITIES
from tap_meta_ads.entities.tracks import entity_track
from tap_meta_ads.fields import Asked

if TYPE_CHECKING:
    from tap_meta_ads.entities.definitions import Entity
    from tap_meta_ads.entities.listing import EntityTrack, Listed

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
START = NOW - timedelta(days=450)
BY_NAME: dict[str, Entity] = {entity.name: entity for entity in ENTITIES}

Answer = Callable[[Call], Any]
"""JSON, a `Page`, or a `GraphError`, for one call."""


@dataclass
class Reading:
    """What a track brought.

    Attributes:
        rows: As they were handed on.
        results: What its tasks returned.
        asked: Its exchanges: one call, or those of a batch.
        left_out: Fields that were left out, and why.
        log: Lines of the log.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    results: list[Listed] = field(default_factory=list)
    asked: list[tuple[Call, ...]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    @property
    def calls(self) -> list[Call]:
        """All calls, those of batches too."""
        return [call for calls in self.asked for call in calls]

    @property
    def read_to(self) -> datetime | None:
        """The bookmark in the end."""
        return self.results[-1].read_to


class _Log(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def read(name: str, answer: Answer, reading: Reading | None = None, **more: Any) -> Reading:  # noqa: ANN401 - fields of a track
    """Read a stream of account 7 to its end.

    Args:
        name: Name of the stream.
        answer: What Meta answers to a call.
        reading: Filled as far as the track comes, for tests of how it fails.
        more: Fields of the track; and `batch`, which answers the calls of a batch.

    Raises:
        GraphError: What the track ended with.
    """
    entity = BY_NAME[name]
    made = reading or Reading()
    logger = logging.Logger("driven")  # noqa: LOG001 - one of its own for each reading, which nothing keeps
    logger.addHandler(_Log(made.log))
    account = more.pop("account", Account("7"))
    batch = more.pop("batch", lambda calls: [answer(call) for call in calls])
    log = logging.LoggerAdapter(logger)
    fields = {
        "asked": Asked(
            entity.asked(more.pop("columns", entity.kinds("v26.0")), "v26.0"),
            needed={entity.key, entity.replication_key},
            left_out=made.left_out.__setitem__,
            log=log,
        ),
        "since": None,
        "start": START,
        "started": NOW,
        "include_deleted": True,
        "page": entity.page,
        "log": log,
        **more,
    }
    drive(entity_track(entity, account=account, **fields), answer, batch, made)
    return made


def drive(
    track: EntityTrack, answer: Answer, batch: Callable[[Sequence[Call]], list[Any]], made: Reading
) -> None:
    """Carry out what the tasks of a track ask for, in turns, until it is over."""
    opened: list[tuple[Any, Any]] = []
    while True:
        while (task := track.next()) is not None:
            opened.append((task, None))
        if not opened:
            break
        task, resume = opened.pop(0)
        try:
            need = task.throw(resume) if isinstance(resume, GraphError) else task.send(resume)
            while isinstance(need, Emit):
                made.rows += [msgspec.json.decode(row) for row in need.rows]
                need = task.send(None)
        except StopIteration as end:
            track.finished(end.value)
            made.results.append(end.value)
            continue
        if isinstance(need, AskAll):
            assert 1 <= len(need.calls) <= 50
            made.asked.append(need.calls)
            opened.append((task, batch(need.calls)))
        else:
            assert isinstance(need, Ask)
            made.asked.append((need.call,))
            opened.append((task, answer(need.call)))
    assert track.is_over


def page(rows: list[dict[str, Any]], after: str | None = None) -> Page:
    """A page of Meta's, with more behind it when there is a cursor."""
    paging = {"cursors": {"after": after}, "next": "https://..."} if after else None
    return Page([msgspec.Raw(msgspec.json.encode(row)) for row in rows], paging)


def served(rows: list[dict[str, Any]], call: Call) -> Page:
    """The page of a listing that a call asks for. A cursor is the number of rows before it."""
    first = int(call.params.get("after") or 0)
    behind = first + call.params["limit"]
    return page(rows[first:behind], str(behind) if behind < len(rows) else None)


def in_turn(*answers: Any) -> Answer:  # noqa: ANN401 - JSON
    """Answers one after the other; one more call than answers is a failure."""
    left = list(answers)
    return lambda _call: left.pop(0)
