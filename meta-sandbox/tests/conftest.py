from __future__ import annotations

import importlib.util
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from meta_sandbox import Sandbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.asking import Client
else:
    # Test folders are no packages, so the neighbour has to be loaded by its path.
    spec = importlib.util.spec_from_file_location("asking", Path(__file__).with_name("asking.py"))
    asking = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(asking)
    Client = asking.Client

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=timezone.utc)


class Start(Protocol):
    """Starts a sandbox with the options of a test, and returns a client for it."""

    def __call__(self, **options: object) -> Client: ...


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def world() -> World:
    """A world to look at; nobody moves its clock."""
    return World(1, accounts=3, ads=24, days=60, now=NOW)


@pytest.fixture
def start() -> Iterator[Start]:
    clients: list[Client] = []

    def begin(**options: object) -> Client:
        given: dict[str, object] = {"accounts": 3, "ads": 24, "days": 60, "now": NOW, **options}
        clients.append(Client(Sandbox(**given).start()))  # type: ignore[arg-type] # a test's own
        return clients[-1]

    yield begin
    for client in clients:
        client.session.close()
        client.sandbox.stop()


@pytest.fixture
def client(start: Start) -> Client:
    """A sandbox of the test's own, as it comes."""
    return start()


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """A sandbox for tests that only read."""
    with Sandbox(seed=1, accounts=3, ads=24, days=60, now=NOW) as sandbox:
        client = Client(sandbox)
        yield client
        client.session.close()
