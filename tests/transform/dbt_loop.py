"""Runs dbt commands for tests: JSON requests on stdin, JSON answers on stdout.

One process for all commands of a test session spares each of them the import of dbt, which takes
longer than most builds of a few rows; and it keeps dbt's threads, warnings and logging out of the
process of the tests.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner


def main() -> None:
    """Answer every request: `arguments` of dbt and `environment`, with `code` and `output`."""
    answers = sys.stdout
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update(request["environment"])
        shown = io.StringIO()
        with redirect_stdout(shown):
            outcome = dbtRunner().invoke(request["arguments"])
        # it would keep the file, and with it the lock, until this process ends
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if outcome.exception:
            shown.write(f"\n{outcome.exception}")
        answer = {"code": 0 if outcome.success else 1, "output": shown.getvalue()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
