"""What the target's tests share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from target_meta_ads.ledger import Ledger, _recent
from tests.beside import load

load(
    Path(__file__).parent,
    "sample_ledger",
    "fake_meta",
    "fake_run",
    "sample_events",
    "sample_people",
)

from tests.sample_ledger import Clock  # noqa: E402 - there is none before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demo.database import Database


def _url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param != "postgresql":
        return f"sqlite:///{tmp_path}/ledger.db"
    database: Database = request.getfixturevalue("database")
    return database.url()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a ledger that is not there yet, on each kind of database."""
    return _url(request, tmp_path)


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands until it is moved."""
    return Clock()


@pytest.fixture(params=["sqlite", "sqlite, few wait", "postgresql"])
def reopen(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Ledger]]:
    """Give a function that closes the ledger, as its process's end would, and opens it again."""
    if request.param == "sqlite, few wait":
        monkeypatch.setattr(_recent, "_MOST", 6)
    url = _url(request, tmp_path)
    opened: list[Ledger] = []

    def again() -> Ledger:
        if opened:
            opened[-1].close()
        opened.append(Ledger.open(url, clock=clock))
        return opened[-1]

    yield again
    if opened:
        opened[-1].close()


@pytest.fixture
def ledger(reopen: Callable[[], Ledger]) -> Ledger:
    """Open a ledger in which nothing is."""
    return reopen()
