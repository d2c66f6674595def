"""tap-meta-ads beside tap-facebook and Airbyte's source, in one run and against one server.

    python -m benchmarks.extraction                    all scenarios, peers up to 200 s a run
    python -m benchmarks.extraction --whole            however long the peers take
    python -m benchmarks.extraction --quick            tiny, to see that all of it works
    python -m benchmarks.extraction --only cpu --repeat 5 --output RESULTS.md

Writes the report to standard output, and progress to standard error. The peers are installed into
`.bench` the first time. Exits with 1 when a tool cannot be installed, fails, or does not find the
rows that there are; a figure that is not reached is in the report, and no failure.
"""

from __future__ import annotations

import sys

from benchmarks.command import main
from benchmarks.extraction.benchmark import EXTRACTION

if __name__ == "__main__":
    sys.exit(main(EXTRACTION))
