"""The peer: which version, in an environment of its own, and how it is run."""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers import Peer

CONDOR = Peer(
    "condor-retl-meta",
    "0.1.0",
    ("condor-retl[duckdb]==0.1.1", "duckdb==1.5.6", "pyarrow==22.0.0", "requests==2.34.2"),
    (12,),  # the oldest that it runs on, and the one of the required figure
)

_DRIVER = Path(__file__).with_name("in_peer.py")


def load_command(python: Path, kind: str, database: Path, records: Path) -> list[str]:
    """What puts the records into the table that it reads."""
    return [str(python), str(_DRIVER), "load", kind, str(database), str(records)]


def run_command(python: Path, kind: str, database: Path, url: str, destination: str) -> list[str]:
    """What delivers the table."""
    return [str(python), str(_DRIVER), "run", kind, str(database), url, destination]
