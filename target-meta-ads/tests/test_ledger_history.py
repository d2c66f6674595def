"""What a ledger tells of the runs before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from target_meta_ads.ledger import Ledger
from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.quality import Quality
from target_meta_ads.report import Figure, StreamReport, figures
from tests.sample_ledger import Clock

if TYPE_CHECKING:
    from pathlib import Path


def test_figures_are_the_closing_table() -> None:
    quality = Quality("people", ("email", "phone"))
    quality.records = 10
    quality.columns["email"].drop(Drop.PLACEHOLDER)
    quality.columns["phone"].drop(Drop.EMPTY)
    report = StreamReport("people", quality, received=10, delivered=8, reasons=Counter(bad=2))
    assert set(figures([report])) == {
        Figure("people", "records_received", "", 10),
        Figure("people", "records_delivered", "", 8),
        Figure("people", "records_unchanged", "", 0),
        Figure("people", "records_rejected", "", 2),
        Figure("people", "records_rejected_by_code", "bad", 2),
        Figure("people", "match_key_records", "email", 10),
        Figure("people", "match_key_filled", "email", 9),
        Figure("people", "match_key_dropped", "email placeholder", 1),
        Figure("people", "match_key_records", "phone", 10),
        Figure("people", "match_key_filled", "phone", 9),
    }


def test_runs_are_told_in_their_order_and_forgotten_after_400_days(tmp_path: Path) -> None:
    clock = Clock()
    first = clock()
    url = f"sqlite:///{tmp_path}/ledger.db"
    for value in (1, 2):
        with Ledger.open(url, clock=clock) as ledger:
            ledger.history.note(ledger.begin_run(), [Figure("people", "x", "", value)])
        clock.move(days=300)
    with Ledger.open(url, clock=clock) as ledger:
        told = ledger.history.read()
        assert [(figure.value, figure.stream, figure.name) for figure in told] == [
            (1, "people", "x"),
            (2, "people", "x"),
        ]
        assert told[0].ended_at == first
        ledger.history.note(ledger.begin_run(), [])
        assert [figure.value for figure in ledger.history.read()] == [2]


def test_a_long_name_of_a_stream_is_cut(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.history.note(1, [Figure("s" * 300, "x", "d" * 300, 1)])
        (told,) = ledger.history.read()
    assert (len(told.stream), len(told.detail)) == (255, 255)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_ledger_without_the_table_gets_one(url: str, *, dry_run: bool) -> None:
    with Ledger.open(url):
        pass
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE target_meta_ads_figures"))
    engine.dispose()
    with Ledger.open(url, dry_run=dry_run) as ledger:
        ledger.history.note(1, [Figure("people", "x", "", 1)])
        assert len(ledger.history.read()) == 1


def test_a_dry_run_sees_the_runs_before(url: str) -> None:
    with Ledger.open(url) as ledger:
        ledger.history.note(1, [Figure("people", "x", "", 1)])
    with Ledger.open(url, dry_run=True) as ledger:
        ledger.history.note(2, [Figure("people", "x", "", 2)])
        assert [figure.value for figure in ledger.history.read()] == [1, 2]
    with Ledger.open(url) as ledger:
        assert [figure.value for figure in ledger.history.read()] == [1]
