"""Runs dbt commands for tests: JSON requests on stdin, JSON answers on stdout.

One process for all commands of a test session spares each of them the import of dbt, which takes
longer than most builds of a few rows; and it keeps dbt's threads, warnings and logging out of the
process of the tests. The project is read once for each connection, and again by `parse` alone: what
the tests set by `--vars` matters when nodes are compiled.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest


def invoke(arguments: list[str], connection: str, read: dict[str, Manifest]) -> dbtRunnerResult:
    """Run one command on the project as it was read for the connection."""
    if connection not in read or "parse" in arguments:
        target = arguments.index("--target")
        outcome = dbtRunner().invoke(["parse", *arguments[target : target + 2]])
        if not isinstance(outcome.result, Manifest):
            return outcome
        read[connection] = outcome.result
        if "parse" in arguments:
            return outcome
    manifest = read[connection].deepcopy()  # type: ignore[no-untyped-call]  # of dbt's
    return dbtRunner(manifest=manifest).invoke(arguments)


def main() -> None:
    """Answer every request: `arguments` of dbt, `connection` and `environment`.

    An answer has the `code` that dbt would end with, and its `output`.
    """
    answers = sys.stdout
    read: dict[str, Manifest] = {}
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update(request["environment"])
        shown = io.StringIO()
        with redirect_stdout(shown):
            outcome = invoke(request["arguments"], request["connection"], read)
        # it would keep the file, and with it the lock, until this process ends
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if outcome.exception:
            shown.write(f"\n{outcome.exception}")
        answer = {"code": 0 if outcome.success else 1, "output": shown.getvalue()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
