"""A server that takes everything at once: what is measured is the client, and not a server.

It reads a request to its end and answers as Meta does to one that it accepts, after the latency
that it was given. It counts the requests, and the records in them, by what stands once before each.

    python server.py [--latency MILLISECONDS]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
COUNTS = "/__counts"

# Of people, the lists: one for each row, and one each for the names of the keys and for the rows.
_MARKS = {"users": (b"[", 2), "events": (b'"event_name"', 0)}


class Counts:
    """What was received.

    Attributes:
        requests: By method and last part of the path, as `POST users`.
        records: By the same.
        bytes: Of all bodies.
    """

    def __init__(self) -> None:
        self.requests: dict[str, int] = {}
        self.records: dict[str, int] = {}
        self.bytes = 0


class Exchange(asyncio.Protocol):
    """One connection."""

    def __init__(self, counts: Counts, latency: float) -> None:
        self._counts = counts
        self._latency = latency
        self._head = bytearray()
        self._missing = 0
        self._method = self._path = ""
        self._mark = b""
        self._others = self._found = 0
        self._end = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._missing:
            self._take(data)
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return
        self._begin(bytes(self._head[:end]))
        body = bytes(self._head[end + 4 :])
        self._head.clear()
        self._take(body)

    def _begin(self, head: bytes) -> None:
        self._method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        self._path = urlsplit(target).path
        found = _LENGTH.search(head)
        self._missing = int(found[1]) if found else 0
        self._counts.bytes += self._missing
        self._mark, self._others = _MARKS.get(self._path.rpartition("/")[2], (b"", 0))
        self._found, self._end = 0, b""

    def _take(self, data: bytes) -> None:
        self._missing -= len(data)
        if self._mark:
            # A mark may lie across two parts.
            data = self._end + data
            self._found += data.count(self._mark)
            self._end = data[1 - len(self._mark) :] if len(self._mark) > 1 else b""
        if self._missing <= 0:
            self._missing = 0
            self._answer()

    def _answer(self) -> None:
        if self._path == COUNTS:
            body: object = vars(self._counts)
        else:
            kind = f"{self._method} {self._path.rpartition('/')[2]}"
            records = self._found - self._others if self._mark else 0
            self._counts.requests[kind] = self._counts.requests.get(kind, 0) + 1
            if records:
                self._counts.records[kind] = self._counts.records.get(kind, 0) + records
            body = answer(self._path, records)
        text = json.dumps(body).encode()
        reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        if self._latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency, self._reply, reply % (len(text), text))
        else:
            self._reply(reply % (len(text), text))

    def _reply(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)


def answer(path: str, records: int) -> object:
    """What Meta answers to a request that it accepts."""
    last = path.rpartition("/")[2]
    if last == "users":
        return {
            "audience_id": path.split("/")[-2],
            "session_id": "1",
            "num_received": records,
            "num_invalid_entries": 0,
            "invalid_entry_samples": {},
        }
    if last == "events":
        return {"events_received": records, "messages": [], "fbtrace_id": "A"}
    return {
        "id": last,
        "name": "Benchmark",
        "subtype": "CUSTOM",
        "operation_status": {"code": 200, "description": "Normal"},
    }


async def serve(latency: float) -> None:
    """Serve until killed; the first line on standard output is the port."""
    counts = Counts()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Exchange(counts, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds")
    asyncio.run(serve(parser.parse_args().latency / 1000))
