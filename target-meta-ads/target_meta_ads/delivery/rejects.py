"""The file of rejected records: JSON Lines, and nothing personal in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from target_meta_ads.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from io import FileIO

_LEFT_OUT = "(left out)"

_ADDRESS = re.compile(r"\S+@\S+")

_SHORTEST = 4
"""Characters of a value that is looked for in Meta's words. Shorter ones stand in any sentence."""


class Rejects:
    """Writes rejects, each in one go, so that no line is ever half there.

    A run adds to what earlier runs have left: a record that was rejected, and whose state went
    out, is read never again.

    Args:
        path: The file, made with the first reject. None writes nothing.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._file: FileIO | None = None

    def write(self, stream: str, key: Mapping[str, Any], code: str, message: str) -> None:
        """Add a line.

        Args:
            stream: The record's stream.
            key: The values of its key properties, without personal data.
            code: Why it was rejected, ours or Meta's.
            message: The same as a sentence, without personal data.

        Raises:
            FileError: It cannot be written.
        """
        if self._path is None:
            return
        line = {"stream": stream, "key": key, "code": code, "message": message}
        try:
            if self._file is None:
                Path(self._path).parent.mkdir(parents=True, exist_ok=True)
                # Unbuffered: it is with the system before the state that stands for it goes out.
                self._file = Path(self._path).open("ab", buffering=0)  # noqa: SIM115 - see close
            self._file.write(msgspec.json.encode(line, enc_hook=str) + b"\n")
        except OSError as error:
            raise FileError(
                f"The file of rejects (`rejects_path`) {self._path!r} cannot be written: "
                f"{error.strerror}. Name another, or make room."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


def without_values(words: str, sent: Any) -> str:  # noqa: ANN401 - JSON
    """Take out of Meta's words whatever was in the record that they are about, and addresses.

    Args:
        words: What Meta said.
        sent: What was sent: anything of JSON.
    """
    values = {value for value in _texts(sent) if len(value) >= _SHORTEST}
    for value in sorted(values, key=len, reverse=True):
        words = words.replace(value, _LEFT_OUT)
    return _ADDRESS.sub(_LEFT_OUT, words).strip().rstrip(".")


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _all_texts(value.values())
    elif isinstance(value, (list, tuple)):
        yield from _all_texts(value)
    elif value is not None:
        yield str(value)


def _all_texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _texts(value)
