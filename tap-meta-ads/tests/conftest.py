"""What the tap's tests share."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings

from tests.beside import load

# A busy machine must not fail a test: what is measured elsewhere is time, not here.
settings.register_profile("tap", deadline=None, max_examples=100)
settings.load_profile("tap")

load(Path(__file__).parent, "told", "track_driver", "wrong_settings")
