"""What the target's tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine must not fail a test: what is measured elsewhere is time, not here.
settings.register_profile("target", deadline=None, max_examples=100)
settings.load_profile("target")
