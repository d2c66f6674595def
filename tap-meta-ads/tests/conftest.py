"""What the tap's tests share."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from hypothesis import settings

# A busy machine must not fail a test: what is measured elsewhere is time, not here.
settings.register_profile("tap", deadline=None, max_examples=100)
settings.load_profile("tap")

# Test folders are no packages, so what test modules share has to be loaded by its path.
for _module in ("told", "track_driver", "wrong_settings"):
    _name = f"tests.{_module}"
    if _name in sys.modules:
        continue
    _spec = spec_from_file_location(_name, Path(__file__).with_name(f"{_module}.py"))
    assert _spec is not None
    assert _spec.loader is not None
    sys.modules[_name] = module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_name])
