"""What the tests across packages share."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.meltano import Meltano

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from demo.database import Database


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the test that keeps the documentation's examples true."""
    parser.addoption("--write-docs", action="store_true", help="write what the queries give")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of this repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def hub() -> Iterator[tuple[str, list[str]]]:
    """Stand in for Meltano's hub; give its address and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815  # the name that the base class asks for

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def project(
    repository: Path, tmp_path: Path, database: Database, hub: tuple[str, list[str]]
) -> Callable[..., Meltano]:
    """Give a function that makes the project's Meltano, with its plugins installed."""

    def make(settings: Mapping[str, str], environment: str = "demo") -> Meltano:
        given = {**database.environment(), "MELTANO_HUB_URL": hub[0], **settings}
        made = Meltano(repository, tmp_path, given, environment)
        made.install(lambda _: None)
        return made

    return make
