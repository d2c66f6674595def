"""`make report`: the page of the warehouse and the ledger that the environment, or .env, names."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from psycopg.conninfo import make_conninfo

from report import DAYS, WarehouseError, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT = Path(__file__).resolve().parent.parent
_FIRST_PORT = "5432"
_MOST_DAYS = 3660  # ten years, of which Meta itself keeps three


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page.

    Returns:
        The exit status: 0, or 1 after a failure that was explained.
    """
    options = _parse(arguments)
    file = PROJECT / ".env"
    known = {
        **{name: value for name, value in dotenv_values(file).items() if value is not None},
        **os.environ,
    }
    try:
        written = write(database(known), ledger_url(known), options.output, days=options.days)
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        words = f"The page cannot be written to {options.output}: {error.strerror}. Name another"
        print(f"{words} file with --output.", file=sys.stderr)
        return 1
    print(f"{written} ({written.stat().st_size / 1e6:.1f} MB): open it in a browser.")
    return 0


def database(known: Mapping[str, str]) -> str:
    """Say where the warehouse is, by the names that `meltano.yml` and the dbt profile read.

    Returns:
        A connection string of libpq, with the password in it.

    Raises:
        WarehouseError: One of them is missing or wrong.
    """
    values = {name: known.get(f"META_ADS_PG_{name}", "") for name in _NAMES}
    values["HOST"] = values["HOST"] or "localhost"
    values["PORT"] = values["PORT"] or _FIRST_PORT
    if missing := [f"META_ADS_PG_{name}" for name in _NAMES if not values[name]]:
        raise WarehouseError(
            f"{', '.join(missing)}: not set. Fill in .env. The demo's page is .demo/report.html."
        )
    if not values["PORT"].isdigit():
        raise WarehouseError(f"META_ADS_PG_PORT must be a number, not {values['PORT']!r}.")
    return make_conninfo(
        host=values["HOST"],
        port=values["PORT"],
        user=values["USER"],
        password=values["PASSWORD"],
        dbname=values["DATABASE"],
    )


_NAMES = ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")


def ledger_url(known: Mapping[str, str]) -> str:
    """Return the target's ledger: its setting, or the file that `meltano.yml` names."""
    return known.get("TARGET_META_ADS_LEDGER_URL") or f"sqlite:///{PROJECT}/target_meta_ads.db"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m report", description=__doc__)
    add = parser.add_argument
    add("--output", type=Path, default=PROJECT / "report.html", help="default: report.html")
    add("--days", type=_days, default=DAYS, help=f"days of charts and lists (default: {DAYS})")
    return parser.parse_args(arguments)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_DAYS:
        words = f"must be a number of days from 1 to {_MOST_DAYS}, not {text!r}"
        raise argparse.ArgumentTypeError(words)
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
