"""How fast the sandbox answers, so that it is not what a benchmark of something else measures.

The server runs in a process of its own; one client asks over one connection that is kept alive, and
reads answers without parsing them. Insights are measured twice: the first time every row has to be
made, the second time rows come from the sandbox's cache. Where the system tells how much processor
time the server took (Linux), figures are also given per second of that: what one core does, however
busy the machine is with other things.

Run: ``python benchmarks/sandbox_speed.py [--seconds 3] [--ads 400] [--days 60]``.
Prints a table to standard error and the figures as JSON to standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = (
    "account_id,campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,impressions,clicks,"
    "spend,reach,frequency,ctr,cpc,cpm,inline_link_clicks,outbound_clicks,actions,action_values,"
    "unique_actions,cost_per_action_type,video_p25_watched_actions,video_p50_watched_actions,"
    "video_p75_watched_actions,video_p100_watched_actions,purchase_roas"
)
_LENGTH = re.compile(rb"content-length: (\d+)")
_AFTER = re.compile(rb'"after":"([^"]+)"')
_PAGE = 500


class Figure(NamedTuple):
    """One measurement, over one connection.

    Attributes:
        name: What was asked for.
        requests: How often.
        megabytes: Length of all bodies, in 10^6 bytes.
        seconds: Time it took.
        core_seconds: Processor time the server took for it; 0 where the system does not tell.
    """

    name: str
    requests: int
    megabytes: float
    seconds: float
    core_seconds: float

    def rates(self) -> dict[str, float]:
        """Return requests and megabytes per second, and per second of one core."""
        core = self.core_seconds
        return {
            "requests_per_second": round(self.requests / self.seconds, 1),
            "requests_per_core_second": round(self.requests / core, 1) if core else 0.0,
            "megabytes_per_second": round(self.megabytes / self.seconds, 2),
            "megabytes_per_core_second": round(self.megabytes / core, 2) if core else 0.0,
        }


class Client:
    """The least an HTTP client can do, so that it is not the client that is measured."""

    def __init__(self, url: str, token: str, server: int) -> None:
        parts = urlsplit(url)
        self._server = Path(f"/proc/{server}/stat")
        self._host = parts.netloc
        self._token = token
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def core_seconds(self) -> float:
        """Return the processor time the server has taken so far; 0 where nobody tells."""
        if not self._server.exists():
            return 0.0
        # The name of the program, in brackets, may hold blanks; times are the 12th and 13th
        # field after it.
        fields = self._server.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, path: str) -> bytes:
        """Return the body of an answer that must be a good one."""
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n".encode()
        )
        received = self._socket.recv(1 << 20)
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(1 << 20)
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head.splitlines()[0]!r}: {body[:500]!r}")
        length = _LENGTH.search(head)
        if length is None:
            raise RuntimeError("The answer says no length.")
        parts, missing = [body], int(length[1]) - len(body)
        while missing > 0:
            chunk = self._socket.recv(1 << 20)
            parts.append(chunk)
            missing -= len(chunk)
        return b"".join(parts)


def _pages(client: Client, path: str, params: dict[str, str]) -> Iterator[bytes]:
    while True:
        body = client.get(f"{path}?{urlencode(params)}")
        yield body
        if b'"next":' not in body[-2000:]:
            return
        found = _AFTER.search(body, len(body) - 2000)
        if found is None:
            raise RuntimeError("A page with a next one says no cursor.")
        params = {**params, "after": found[1].decode()}


def _measure(client: Client, name: str, answers: Iterator[bytes]) -> Figure:
    began, worked, count, size = time.perf_counter(), client.core_seconds(), 0, 0
    for body in answers:
        count += 1
        size += len(body)
    seconds, core_seconds = time.perf_counter() - began, client.core_seconds() - worked
    return Figure(name, count, size / 1e6, seconds, core_seconds)


def _for_seconds(client: Client, path: str, seconds: float) -> Iterator[bytes]:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield client.get(path)


def _insights(client: Client, accounts: list[str], increment: str, **more: str) -> Iterator[bytes]:
    for account in accounts:
        params = {
            "level": "ad",
            "time_increment": increment,
            "fields": _FIELDS,
            "date_preset": "last_30d",
            "limit": str(_PAGE),
            **more,
        }
        yield from _pages(client, f"/v26.0/act_{account}/insights", params)


def measure(arguments: argparse.Namespace) -> list[Figure]:
    """Start a sandbox, ask it, stop it."""
    command = [sys.executable, "-m", "meta_sandbox.cli", "serve", "--port", "0"]
    command += ["--ads", str(arguments.ads), "--days", str(arguments.days), "--exit-with-stdin"]
    command += ["--max-sync-points", "100000000"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("The sandbox has no pipes.")
        ready = json.loads(server.stdout.readline())
        client = Client(ready["url"], ready["token"], ready["pid"])
        accounts: list[str] = ready["accounts"]
        account = f"/v26.0/act_{accounts[0]}"
        figures = [
            _measure(
                client, "node", _for_seconds(client, f"{account}?fields=id,name", arguments.seconds)
            ),
            _measure(
                client,
                "25 campaigns",
                _for_seconds(
                    client, f"{account}/campaigns?fields=id,name,status", arguments.seconds
                ),
            ),
            _measure(client, "insights by day, made", _insights(client, accounts, "1")),
            _measure(client, "insights by day, again", _insights(client, accounts, "1")),
            _measure(
                client,
                "insights by day, age and gender, made",
                _insights(client, accounts[:1], "1", breakdowns="age,gender"),
            ),
        ]
        server.stdin.close()
        server.wait(timeout=30)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3, help="for each small request")
    parser.add_argument("--ads", type=int, default=400, help="ads in each of three accounts")
    parser.add_argument("--days", type=int, default=60, help="days of history")
    figures = measure(parser.parse_args())
    lines = [f"{'':40}{'requests/s':>12}{'per core':>10}{'MB/s':>10}{'per core':>10}{'MB':>10}"]
    lines += [
        f"{figure.name:40}{rates['requests_per_second']:12.0f}"
        f"{rates['requests_per_core_second']:10.0f}{rates['megabytes_per_second']:10.1f}"
        f"{rates['megabytes_per_core_second']:10.1f}{figure.megabytes:10.1f}"
        for figure in figures
        for rates in [figure.rates()]
    ]
    sys.stderr.write("\n".join([*lines, ""]))
    print(
        json.dumps(
            [
                {
                    "name": figure.name,
                    "requests": figure.requests,
                    "seconds": round(figure.seconds, 3),
                    "core_seconds": round(figure.core_seconds, 3),
                    **figure.rates(),
                }
                for figure in figures
            ]
        )
    )


if __name__ == "__main__":
    main()
