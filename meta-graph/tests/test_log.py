"""What the lines of a run say that they are about."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from meta_graph.log import Subject, SubjectFilter, about, install, new_run_id, working

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "8c1f0a2b77e14d50"
WHOLE = Subject(RUN, "123", "ads_insights", "1f0c99d2aa")
SUFFIX = " [run 8c1f0a2b, account 123, query 1f0c99d2]"
FIELDS = {
    "run_id": RUN,
    "account_id": "123",
    "stream_name": "ads_insights",
    "query_hash": "1f0c99d2aa",
}


class Kept(logging.Handler):
    """Keeps records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def logger(kept: Kept) -> logging.Logger:
    made = logging.Logger("made_up", logging.INFO)  # noqa: LOG001 - of no other test's concern
    made.addHandler(kept)
    return made


@pytest.mark.parametrize(
    ("subject", "suffix"),
    [
        (Subject(), ""),
        (Subject("8c1f"), " [run 8c1f]"),
        (Subject(stream="ads"), ""),
        (Subject("8c1f", query_hash="1f"), " [run 8c1f, query 1f]"),
        (Subject(RUN, "1" * 18, "ads"), f" [run 8c1f0a2b, account {'1' * 18}]"),
        (WHOLE, SUFFIX),
    ],
)
def test_what_is_not_known_is_not_said(subject: Subject, suffix: str) -> None:
    assert subject.suffix == suffix
    assert all(subject.fields.values())


def test_a_line_tells_in_words_and_as_fields(logger: logging.Logger, kept: Kept) -> None:
    line = about(logger, RUN, "123", "1f0c99d2aa", "ads_insights")
    line.info("%d of %s", 3, "100 %", extra={"window": "2026-11"})
    (record,) = kept.records
    assert record.getMessage() == f"3 of 100 %{SUFFIX}"
    assert FIELDS.items() <= vars(record).items()
    assert vars(record)["window"] == "2026-11"


def test_a_filter_tells_it_once(logger: logging.Logger, kept: Kept) -> None:
    logger.addFilter(SubjectFilter())
    kept.addFilter(SubjectFilter())
    logger.info("before %s", "it")
    with working(WHOLE):
        logger.info("within %s", "it")
    logger.info("after %s", "it")
    before, within, after = kept.records
    assert [one.getMessage() for one in kept.records] == [
        "before it",
        f"within it{SUFFIX}",
        "after it",
    ]
    assert FIELDS.items() <= vars(within).items()
    assert not FIELDS.keys() & (vars(before).keys() | vars(after).keys())


def test_each_thread_has_its_own_subject(logger: logging.Logger, kept: Kept) -> None:
    logger.addFilter(SubjectFilter())
    at_once = threading.Barrier(4)

    def work(number: int) -> None:
        with working(Subject(RUN, str(number))):
            at_once.wait(30)
            for _ in range(20):
                logger.info("%d", number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(kept.records) == 80
    for record in kept.records:
        number = vars(record)["account_id"]
        assert record.getMessage() == f"{number} [run 8c1f0a2b, account {number}]"


def test_run_ids_differ() -> None:
    ids = {new_run_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) == 32 and int(one, 16) for one in ids)


@pytest.fixture
def silenced() -> Iterator[str]:
    """Silence a program's logger and the client's, as a forgetful configuration does."""
    loggers = [logging.getLogger(name) for name in ("made_up_program", "meta_graph")]
    for logger in loggers:
        logger.disabled = True
    yield loggers[0].name
    for logger in loggers:
        logger.disabled = False


def test_installed_nothing_is_silent(silenced: str) -> None:
    install()
    assert not logging.getLogger("meta_graph").disabled
    assert logging.getLogger(silenced).disabled
    install(silenced)
    assert not logging.getLogger(silenced).disabled


def test_installed_once_however_often() -> None:
    install()
    install()
    filters = logging.getLogger("meta_graph").filters
    assert len([one for one in filters if isinstance(one, SubjectFilter)]) == 1
