"""What the tap's tests share."""

from __future__ import annotations

from pathlib import Path

from tests.beside import load

load(Path(__file__).parent, "told", "track_driver", "window_driver", "wrong_settings")
