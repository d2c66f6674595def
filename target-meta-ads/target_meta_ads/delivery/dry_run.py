"""A run that sends nothing, and writes down what it would have sent."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from target_meta_ads.delivery.senders import Answered
from target_meta_ads.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meta_graph import Call
    from target_meta_ads.delivery.destinations import Request


class DryRun:
    """Takes the place of `Senders`: each request goes into a file, and counts as accepted.

    The file has a line of JSON for each: `method`, `path`, and `body` as it would have been sent.
    It holds hashes and the identifiers that Meta takes plain, as the request does.

    Args:
        path: The file; what was in it is replaced.

    Raises:
        FileError: It cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._answers: deque[Answered[Request]] = deque()
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._file = Path(path).open("wb")  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise self._failed(error) from error

    @property
    def has_room(self) -> bool:
        """Whether another request would be written at once."""
        return True

    @property
    def in_flight(self) -> int:
        """Requests whose answers were not taken yet."""
        return len(self._answers)

    def send(self, call: Call, about: Request) -> None:
        """Write a call down."""
        self.write(call)
        self._answers.append(Answered(about, {}, None))

    def write(self, call: Call) -> None:
        """Write a call down that needs no answer."""
        body = call.json if isinstance(call.json, bytes) else msgspec.json.encode(dict(call.params))
        line = {"method": call.method, "path": call.path, "body": msgspec.Raw(body)}
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            raise self._failed(error) from error

    def answers(self, *, wait: bool = False) -> Iterator[Answered[Request]]:  # noqa: ARG002 - as `Senders`
        """The answers that are there."""
        while self._answers:
            yield self._answers.popleft()

    def close(self) -> None:
        """Have everything in the file."""
        try:
            self._file.close()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> FileError:
        return FileError(
            f"The file of the dry run (`dry_run_path`) {self._path!r} cannot be written: "
            f"{error.strerror}. Name another, or make room."
        )
