"""A figure that was asked for, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One required figure.

    Attributes:
        figure: What it is about.
        required: The figure, with its unit.
        found: What was measured.
        is_reached: Whether that is enough.
        short_by: By how much it is not; empty when it is.
    """

    figure: str
    required: str
    found: str
    is_reached: bool
    short_by: str = ""
