"""target-meta-ads beside condor-retl-meta, in one run and against a server that answers at once.

    python -m benchmarks.delivery                         a million people and a million events
    python -m benchmarks.delivery --small --no-peers       tiny, to see that all of it works
    python -m benchmarks.delivery --only events --output RESULTS.md

Each kind of records is delivered with a fresh ledger; the same again, of which nothing is new; with
16 requests at once, without and with latency; and, in smaller numbers, beside the peer. The report
goes to standard output, progress to standard error. The peer is installed into `.bench` the first
time. Exits with 1 when it cannot be installed, a tool fails, or other records have arrived than
there are; a figure that is not reached is in the report, and no failure.
"""

from __future__ import annotations

import sys

from benchmarks.command import main
from benchmarks.delivery.benchmark import DELIVERY

if __name__ == "__main__":
    sys.exit(main(DELIVERY))
