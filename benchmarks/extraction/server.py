"""The sandbox in a process of its own: started, asked for the truth and for what it received."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = "2026-11-20T12:00:00Z"
"""The sandbox's present. The same in every run, so that figures are about the same rows."""

_PATIENCE_SECONDS = 600
# Never through a proxy: the server is this machine.
_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True)
class Server:
    """A sandbox that takes requests.

    Attributes:
        url: Base of its URLs.
        token: What opens it.
        accounts: Its ad accounts, digits only.
        pid: Its process.
    """

    url: str
    token: str
    accounts: tuple[str, ...]
    pid: int

    def begin(self) -> None:
        """Forget what was received, and set the clock back to `NOW`.

        What was worked out for a query holds for half an hour of the sandbox's clock; were the
        clock let run, a run over that border would have to wait for it all again.
        """
        self._ask("/__sandbox/requests", method="DELETE")
        self._ask("/__sandbox/clock", body={"now": NOW})

    def counters(self) -> dict[str, Any]:
        """What was received since `begin`: `calls` as Meta counts them, `requests`, `by_edge`."""
        counted: dict[str, Any] = json.loads(self._ask("/__sandbox/counters"))
        return counted

    def truth(self, kind: str, **query: str) -> Iterator[dict[str, Any]]:
        """The sandbox's own rows: of `insights`, `campaigns`, `adsets`, `ads` or `creatives`."""
        request = Request(f"{self.url}/__sandbox/truth/{kind}?{urlencode(query)}")
        with _open(request, timeout=_PATIENCE_SECONDS) as answer:
            for line in answer:
                yield json.loads(line)

    def get(self, path: str, **params: object) -> bytes:
        """The body of a call to Graph; texts go as they are, all else as JSON."""
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in params.items()}
        return self._ask(f"{path}?{urlencode(texts)}")

    def _ask(self, path: str, *, method: str | None = None, body: object = None) -> bytes:
        request = Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
            method=method,
        )
        with _open(request, timeout=_PATIENCE_SECONDS) as answer:
            content: bytes = answer.read()
        return content


@contextmanager
def serve(
    *, accounts: int, ads: int, days: int, latency_ms: float, job_seconds: float
) -> Iterator[Server]:
    """Start a sandbox, and stop it at the end.

    Args:
        accounts: How many ad accounts.
        ads: How many ads in each.
        days: Days of history before `NOW`.
        latency_ms: Milliseconds added to every request.
        job_seconds: How long a report job takes.
    """
    command = [sys.executable, "-m", "meta_sandbox.cli", "serve", "--port", "0"]
    command += ["--now", NOW, "--exit-with-stdin"]
    command += ["--accounts", str(accounts), "--ads", str(ads), "--days", str(days)]
    command += ["--latency", str(latency_ms), "--job-seconds", str(job_seconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The sandbox has no pipes.")
        try:
            ready = json.loads(process.stdout.readline() or b"null")
            if ready is None:
                raise RuntimeError(f"The sandbox did not start: {' '.join(command)}")
            numbers = tuple(name.removeprefix("act_") for name in ready["accounts"])
            yield Server(ready["url"], ready["token"], numbers, ready["pid"])
        finally:
            process.stdin.close()
            process.wait(timeout=30)
