from __future__ import annotations

import json
import logging
import logging.config
import subprocess
import sys
import threading
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.logging import ConsoleFormatter, StructuredFormatter

from meta_graph.log import Subject, SubjectFilter, about, working
from tap_meta_ads.summary.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUN = "8c1f0a2b77e14d50"
SUFFIX = "[run 8c1f0a2b, account 123, query 1f0c99d2]"
FIELDS = {"run_id": RUN, "account_id": "123", "query_hash": "1f0c99d2aa"}


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    made = logging.Logger("made_up", logging.INFO)  # noqa: LOG001 - of no other test's concern
    yield made
    made.handlers.clear()


def written(logger: logging.Logger, formatter: logging.Formatter) -> Callable[[], list[str]]:
    handler = logging.StreamHandler(stream := StringIO())
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return lambda: stream.getvalue().splitlines()


def test_a_console_shows_the_subject(logger: logging.Logger) -> None:
    lines = written(logger, ConsoleFormatter())
    about(logger, RUN, "123", "1f0c99d2aa", "ads_insights").info("%d of %s", 3, "100 %")
    (line,) = lines()
    assert line.endswith(f"| 3 of 100 % {SUFFIX}")


def test_the_sdk_s_json_has_it_as_fields(logger: logging.Logger) -> None:
    lines = written(logger, StructuredFormatter())
    log = about(logger, RUN, "123", "1f0c99d2aa", "ads_insights")
    log.info("all 100 %")
    log.warning("more: %s", "words", extra={"window": "2026-11"})
    first, second = map(json.loads, lines())
    assert first["message"] == f"all 100 % {SUFFIX}"
    assert first["stream_name"] == "ads_insights"
    assert first["extra"] == FIELDS
    assert second["extra"] == {**FIELDS, "window": "2026-11"}


def test_an_error_keeps_its_traceback(logger: logging.Logger) -> None:
    lines = written(logger, StructuredFormatter())
    try:
        int("no number")
    except ValueError:
        about(logger, RUN, "123").exception("It failed.")
    (found,) = map(json.loads, lines())
    assert found["exception"]["type"] == "ValueError"
    assert found["message"] == "It failed. [run 8c1f0a2b, account 123]"


def test_a_filter_tells_the_subject_once(logger: logging.Logger) -> None:
    lines = written(logger, StructuredFormatter())
    logger.addFilter(SubjectFilter())
    logger.handlers[0].addFilter(SubjectFilter())
    logger.info("before %s", "it")
    with working(Subject(RUN, "123", "ads_insights", "1f0c99d2aa")):
        logger.info("within %s", "it")
    logger.info("after %s", "it")
    before, within, after = map(json.loads, lines())
    assert (before["message"], before["extra"]) == ("before it", {})
    assert (within["message"], within["extra"]) == (f"within it {SUFFIX}", FIELDS)
    assert within["stream_name"] == "ads_insights"
    assert (after["message"], after["extra"]) == ("after it", {})


def test_each_thread_has_its_own_subject(logger: logging.Logger) -> None:
    lines = written(logger, StructuredFormatter())
    logger.addFilter(SubjectFilter())
    summary = Summary(RUN)
    at_once = threading.Barrier(4)

    def work(number: int) -> None:
        with summary.working_for(str(number), "ads"):
            at_once.wait(30)
            for _ in range(20):
                logger.info("%d", number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    found = [json.loads(line) for line in lines()]
    assert len(found) == 80
    for one in found:
        number = one["extra"]["account_id"]
        assert one["message"] == f"{number} [run 8c1f0a2b, account {number}]"


@pytest.mark.parametrize(
    ("jobs", "fields"),
    [
        ([("1", "ads")], {"account_id": "1", "stream_name": "ads", "query_hash": "1-ads"}),
        (
            [("1", "ads"), ("1", "ads")],
            {"account_id": "1", "stream_name": "ads", "query_hash": "1-ads"},
        ),
        ([("1", "ads"), ("1", "leads")], {"account_id": "1"}),
        ([("1", "ads"), ("2", "ads")], {"stream_name": "ads"}),
        ([("1", "ads"), ("2", "leads")], {}),
    ],
)
def test_a_look_at_many_jobs_is_about_what_they_share(
    logger: logging.Logger, jobs: list[tuple[str, str]], fields: dict[str, Any]
) -> None:
    lines = written(logger, StructuredFormatter())
    logger.addFilter(SubjectFilter())
    summary = Summary(RUN)
    for account_id, stream in jobs:
        summary.of(account_id, stream).begin(1, f"{account_id}-{stream}")
    with summary.working_for_each({str(n): job for n, job in enumerate(jobs)}):
        logger.info("looked")
    (found,) = map(json.loads, lines())
    shown = {**found["extra"], "stream_name": found["stream_name"]}
    assert shown == {"stream_name": None, "run_id": RUN, **fields}


def test_a_summary_s_logger_knows_its_query(logger: logging.Logger) -> None:
    lines = written(logger, ConsoleFormatter())
    summary = Summary(RUN)
    summary.of("123", "ads_insights").begin(90, "1f0c99d2aa")
    summary.about(logger, "123", "ads_insights").info("reading")
    assert lines()[0].endswith(f"reading {SUFFIX}")


CONFIG = """
version: 1
formatters: {json: {"()": singer_sdk.logging.StructuredFormatter}}
handlers:
  stderr: {class: logging.StreamHandler, formatter: json, stream: ext://sys.stderr}
root: {level: INFO, handlers: [stderr]}
"""

PROGRAM = """
import logging, sys
import tap_meta_ads.tap
from singer_sdk._logging import _setup_console_logging
from meta_graph.log import install

_setup_console_logging()
if sys.argv[1:] == ["install"]:
    install("tap-meta-ads")
    install("tap-meta-ads")
for name in ("tap-meta-ads", "meta_graph"):
    logging.getLogger(name).info("heard")
"""


@pytest.mark.parametrize(
    ("arguments", "heard"), [([], set()), (["install"], {"tap-meta-ads", "meta_graph"})]
)
def test_a_forgetful_configuration_silences_nothing(
    tmp_path: Path, arguments: list[str], heard: set[str]
) -> None:
    # A program of its own, since it configures the logging of its process.
    (config := tmp_path / "logging.yaml").write_text(CONFIG, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={"SINGER_SDK_LOG_CONFIG": str(config), "PATH": "", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    told = [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]
    assert {one["logger_name"] for one in told if one["message"] == "heard"} == heard
