"""What a log line is about: the run, the account and the query, in its words and as fields.

In words, since most people read a console: `... [run 8c1f0a2b, account 123, query 1f0c99d2]`. As
fields, since formatters that write JSON take what `extra` holds.

A program's own lines say it through `about`. Those of the client, which knows nothing of runs and
queries, get it from what their thread is `working` on.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    # Python 3.10 knows its type argument only while it checks types.
    _Adapter = logging.LoggerAdapter

CLIENT = "meta_graph"
"""Logger of the client."""

SHOWN = 8
"""Characters of a run's and a query's id that a console shows; the fields hold all of them."""


@dataclass(frozen=True)
class Subject:
    """What log lines are about. What is empty is left out.

    Attributes:
        run_id: The run.
        account_id: The account, without `act_`.
        stream: The stream; `stream_name` in the fields, which is the Singer SDK's name for it.
        query_hash: What is asked for: a fingerprint.
    """

    run_id: str = ""
    account_id: str = ""
    stream: str = ""
    query_hash: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a log record."""
        named = {
            "run_id": self.run_id,
            "account_id": self.account_id,
            "stream_name": self.stream,
            "query_hash": self.query_hash,
        }
        return {name: value for name, value in named.items() if value}

    @property
    def suffix(self) -> str:
        """The words behind a line.

        >>> Subject("8c1f0a2b77e1", "123", query_hash="1f0c99d2aa").suffix
        ' [run 8c1f0a2b, account 123, query 1f0c99d2]'
        """
        parts = [f"run {self.run_id[:SHOWN]}"] if self.run_id else []
        parts += [f"account {self.account_id}"] if self.account_id else []
        parts += [f"query {self.query_hash[:SHOWN]}"] if self.query_hash else []
        return f" [{', '.join(parts)}]" if parts else ""


_NOTHING = Subject()
_subject: ContextVar[Subject] = ContextVar("subject", default=_NOTHING)


def new_run_id() -> str:
    """An id for a run: 32 random hexadecimal digits."""
    return uuid4().hex


@contextmanager
def working(subject: Subject) -> Iterator[None]:
    """Lines that the client logs on this thread within the block are about the subject."""
    token = _subject.set(subject)
    try:
        yield
    finally:
        _subject.reset(token)


class About(_Adapter):
    """A logger whose lines tell what they are about.

    Args:
        logger: Who logs.
        subject: What about.
    """

    def __init__(self, logger: logging.Logger, subject: Subject) -> None:
        super().__init__(logger, {})
        self.subject = subject

    def process(
        self, msg: object, kwargs: MutableMapping[str, Any]
    ) -> tuple[object, MutableMapping[str, Any]]:
        """The line with the subject behind it, and the subject in its fields."""
        extra = {**self.subject.fields, **(kwargs.get("extra") or {})}
        # The words stand in the message itself, so that every formatter shows them.
        return f"{msg}{self.subject.suffix}", {**kwargs, "extra": extra}


def about(
    logger: logging.Logger, run_id: str, account_id: str, query_hash: str = "", stream: str = ""
) -> About:
    """A logger whose lines tell run, account and query.

    Args:
        logger: Who logs.
        run_id: The run.
        account_id: The account, without `act_`.
        query_hash: A fingerprint of what is asked for, where there are several of a stream.
        stream: The stream, for the fields; a console shows it in the logger's name.
    """
    return About(logger, Subject(run_id, account_id, stream, query_hash))


class SubjectFilter(logging.Filter):
    """Adds what its thread works on to each record; drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True, after the subject has been added."""
        subject = _subject.get()
        # A record passes here twice when a handler has this filter too.
        if subject is not _NOTHING and not hasattr(record, "run_id"):
            record.msg = f"{record.msg}{subject.suffix}"
            record.__dict__.update(subject.fields)
        return True


_FILTER = SubjectFilter()


def install(*heard: str) -> None:
    """Have the client's lines say what they are about, and no line lost; may be called again.

    A logging configuration silences each logger that it does not name and that exists already,
    unless it says `disable_existing_loggers: false`. People forget that, and would see nothing of
    the program. Levels and handlers stay as configured.

    Args:
        heard: The program's loggers that exist before it is configured, beside the client's.
    """
    logging.getLogger(CLIENT).addFilter(_FILTER)  # a logger takes a filter once
    for name in (*heard, CLIENT):
        logging.getLogger(name).disabled = False


def quiet(*names: str) -> None:
    """Have loggers that log people's data at debug level do so at none; may be called again."""
    for name in names:
        logging.getLogger(name).setLevel(logging.WARNING)
