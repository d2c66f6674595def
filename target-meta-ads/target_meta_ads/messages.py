"""Singer messages off a stream of lines, and nothing of them in a log or an error. Pure.

The SDK's readers log a line that they cannot read, and put it into the error: a line is a person.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from target_meta_ads.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Money keeps its own digits.
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class Reader:
    """Reads Singer messages, a line each.

    Attributes:
        lines: Lines read so far.
        ended_whole: Whether the input has come to an end behind a line break. One that broke off
            may have broken off anywhere.
        is_reading: Whether it waits for a line, and a signal may interrupt it.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.ended_whole = False
        self.is_reading = False

    def read(
        self,
        lines: Iterable[str | bytes],
        callbacks: Mapping[str, Callable[[dict[str, Any]], None]],
        is_stopped: Callable[[], bool],
    ) -> Counter[str]:
        """Read all lines, and hand each message to the callback of its type.

        Args:
            lines: The lines, with their line breaks.
            callbacks: Takes the messages of a type.
            is_stopped: Whether to stop reading.

        Returns:
            How many messages of each type there were.

        Raises:
            InputError: A line is no message.
        """
        counts: Counter[str] = Counter()
        last: str | bytes = b"\n"
        self.is_reading = True
        for line in lines:
            self.is_reading = False
            last = line
            self.lines += 1
            kind, message = self._message(line)
            if kind is not None:
                callback = callbacks.get(kind)
                if callback is None:
                    raise InputError(
                        f"Line {self.lines} of the input is a message of no type that is known."
                    )
                callback(message)
                counts[kind] += 1
            if is_stopped():
                return counts
            self.is_reading = True
        self.is_reading = False
        self.ended_whole = last[-1:] in {"\n", b"\n"}
        return counts

    def _message(self, line: str | bytes) -> tuple[str | None, dict[str, Any]]:
        try:
            message = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            message = {}
        kind = message.get("type")
        if kind.__class__ is str:
            return kind, message
        if not line.strip():
            return None, {}
        # Raised out here: the decoder's own error quotes what it could not read.
        raise InputError(
            f"Line {self.lines} of the input is no Singer message: the tap has written something "
            "else, or was cut off."
        )
