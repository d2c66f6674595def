"""Modules that the test modules of a package share."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path, *names: str) -> None:
    """Make modules of a test folder importable as `tests.NAME`.

    Test folders are no packages, so what their modules share has to be loaded by its path.
    """
    for name in names:
        whole = f"tests.{name}"
        if whole in sys.modules:
            continue
        spec = spec_from_file_location(whole, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[whole] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[whole])
