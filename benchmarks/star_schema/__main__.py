"""A million rows of Insights into the star schema: how long, and in how much memory.

    python -m benchmarks.star_schema                        a million rows, Postgres and DuckDB
    python -m benchmarks.star_schema --engine duckdb --nodes
    python -m benchmarks.star_schema --rows 2000 --days 40 --quick     to see that all of it works

Makes raw tables as target-postgres leaves them and builds them with dbt, in full; has the last 28
days sent again, some of their rows restated and some gone, and builds what has changed; then builds
in full again and compares every mart. The report goes to standard output, progress to standard
error. Exits with 1 when dbt fails or a mart differs; a figure that is not reached is in the report,
and no failure.
"""

from __future__ import annotations

import sys

from benchmarks.command import main
from benchmarks.star_schema.benchmark import STAR_SCHEMA

if __name__ == "__main__":
    sys.exit(main(STAR_SCHEMA))
