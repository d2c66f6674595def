"""Start a peer with another Graph base. Runs in the peer's own environment, not in ours.

Both peers stand on Meta's Python SDK, which has no setting for the base of its URLs.

    python in_peer.py BASE MODULE:FUNCTION [ARGUMENT ...]
"""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> None:
    """Point the SDK at the base, then call the peer's entry point with the arguments left."""
    _, base, entry, *arguments = sys.argv
    session = import_module("facebook_business.session").FacebookSession
    session.GRAPH = base
    module, _, function = entry.partition(":")
    sys.argv = [module, *arguments]
    getattr(import_module(module), function)()


if __name__ == "__main__":
    main()
