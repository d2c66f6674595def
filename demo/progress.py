"""Tells a person what is going on: one line per stage, with the seconds it took."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_QUIET_SECONDS = 30


class Stage:
    """A stage that is under way; `tick` while waiting, `note` what is worth saying at its end."""

    def __init__(self, title: str, clock: Callable[[], float]) -> None:
        """Begin a stage.

        Args:
            title: What happens, as the line will say it.
            clock: Seconds that only grow.
        """
        self.title = title
        self._clock = clock
        self._began = clock()
        self._note = ""
        self._live = sys.stdout.isatty()
        self._shown = -1 if self._live else 0

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return self._clock() - self._began

    def note(self, text: str) -> None:
        """Set what stands at the line's end."""
        self._note = text

    def tick(self) -> None:
        """Show that time passes: on a terminal in place, elsewhere a line every half minute."""
        seconds = int(self.seconds)
        if self._live and seconds != self._shown:
            self._shown = seconds
            print(f"\r{self._line('...')}\033[K", end="", flush=True)
        elif not self._live and seconds >= self._shown + _QUIET_SECONDS:
            self._shown = seconds
            print(self._line("..."), flush=True)

    def end(self, word: str) -> None:
        """Write the stage's last line; `word` says how it ended."""
        print(("\r" if self._live else "") + self._line(word) + ("\033[K" if self._live else ""))
        sys.stdout.flush()

    def _line(self, word: str) -> str:
        note = f"  {self._note}" if self._note else ""
        return f"  {self.title:<49} {self.seconds:6.1f} s  {word}{note}".rstrip()


@contextmanager
def stage(title: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Stage]:
    """Run a block as one stage: its line says `ok`, or `failed` when it raises."""
    current = Stage(title, clock)
    current.tick()
    try:
        yield current
    except BaseException as error:
        current.end("stopped" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    current.end("ok")
