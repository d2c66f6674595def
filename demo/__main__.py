"""`make demo`: Meta's side made up, all else real: two days on both directions of the road.

Everything it makes stands in `.demo`; delete that folder and the next run is a first one.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from demo import changes, round_trip, sandbox, summary
from demo.meltano import Meltano, MeltanoError
from demo.postgres import Postgres, PostgresError
from demo.progress import stage
from demo.received import remembered
from demo.story import Story
from meta_sandbox import DEFAULT_APP_SECRET, DEFAULT_TOKEN
from report import WarehouseError, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from types import FrameType

    from demo.changes import Snapshot
    from demo.received import Received

PROJECT = Path(__file__).resolve().parent.parent
_TITLE = "Meta ads of a made-up advertiser"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        The exit status: 0, 1 after a failure that was explained, 130 after an interruption.
    """
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    try:
        _demo(options)
    except (PostgresError, MeltanoError, sandbox.SandboxError, WarehouseError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\n{error}. Run as the user it belongs to, or delete it.", file=sys.stderr)
        return 1
    except psycopg.Error as error:
        print(
            f"\nPostgreSQL: {error}\nIts log: {options.home}/postgres/server.log", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run goes on from the last state.", file=sys.stderr)
        return 130
    print(f"Done in {time.monotonic() - began:.0f} s.")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    add = parser.add_argument
    add("--home", type=Path, default=PROJECT / ".demo", help="where data, state and logs stay")
    add("--seed", type=int, help="which made-up advertiser (default: one with late purchases)")
    add("--accounts", type=int, help="its ad accounts (default: 3)")
    add("--ads", type=int, help="ads of each account (default: 24)")
    add("--days", type=int, help="days of history before the first day (default: 90)")
    return parser.parse_args(arguments)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _demo(options: argparse.Namespace) -> None:
    home = options.home.resolve()
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    wanted = {name: getattr(options, name) for name in ("seed", "accounts", "ads", "days")}
    both_ways = "Meta -> Postgres -> star schema -> Meta"
    print(f"{both_ways}, on made-up data. Logs: {_shown(logs)}\n", flush=True)

    with stage("PostgreSQL starts") as current:
        server = Postgres(home / "postgres")
        server.start()
        current.note(f"port {server.port}")
    try:
        # Behind the data's lock, which the server holds.
        now = datetime.now(timezone.utc)
        story = Story(home, wanted, now)
        ledger = home / "target_meta_ads.db"
        with (
            sandbox.running(logs / "sandbox.log", story.options()) as api_url,
            remembered(api_url, home / "received.json", ledger) as received,
        ):
            settings = {
                **_settings(server, api_url, story.advertiser.first_day()),
                **_way_back(api_url, received, home, ledger),
            }
            round_trip.install(Meltano(PROJECT, home, settings))
            for day in story.days():
                with psycopg.connect(server.url()) as connection:
                    before = changes.look(connection, received.people())
                    story.begin(day, api_url, connection)
                print(f"\n{day.title}\n", flush=True)
                round_trip.travel(Meltano(PROJECT, home, settings | day.environment()))
                story.end(day)
            print(flush=True)
            with stage("Report page") as current:
                page = write(
                    server.url(), f"sqlite:///{ledger}", home / "report.html", title=_TITLE
                )
                current.note(_shown(page))
            _summarise(server, received, before)
            print(f"Open {_shown(page)} in a browser.")
    finally:
        server.stop()


def _settings(server: Postgres, api_url: str, first_day: date) -> dict[str, str]:
    return {
        "TAP_META_ADS_API_URL": api_url,
        "TAP_META_ADS_ACCESS_TOKEN": DEFAULT_TOKEN,
        "TAP_META_ADS_APP_SECRET": DEFAULT_APP_SECRET,
        "TAP_META_ADS_START_DATE": first_day.isoformat(),
        # The sandbox is here and well, or it is not: no use in waiting for an hour.
        "TAP_META_ADS_MAX_RETRY_SECONDS": "60",
        **server.at().environment(),
    }


def _way_back(api_url: str, received: Received, home: Path, ledger: Path) -> dict[str, str]:
    account, pixel = received.destination()
    return {
        "TARGET_META_ADS_API_URL": api_url,
        "TARGET_META_ADS_ACCESS_TOKEN": DEFAULT_TOKEN,
        "TARGET_META_ADS_APP_SECRET": DEFAULT_APP_SECRET,
        "TARGET_META_ADS_AD_ACCOUNT_ID": account,
        "META_ADS_PIXEL_ID": pixel,
        "TARGET_META_ADS_LEDGER_URL": f"sqlite:///{ledger}",
        "TARGET_META_ADS_REJECTS_PATH": str(home / "rejects.jsonl"),
        "TARGET_META_ADS_MAX_RETRY_SECONDS": "60",
    }


def _summarise(server: Postgres, received: Received, before: Snapshot) -> None:
    with psycopg.connect(server.url()) as connection:
        verdict, remarks = summary.validation(connection)
        news = changes.told(before, changes.look(connection, received.people()))
        for title, lines in (
            ("Rows", summary.rows(connection)),
            ("Campaigns that spent most, by currency", summary.campaigns(connection)),
            ("What Meta received", received.lines()),
            *([("What the last run found changed", news)] if news else []),
            (f"load_validation: {verdict}", remarks),
        ):
            print(f"\n{title}\n")
            for line in lines:
                print(f"  {line}")
        print(f"\n{summary.period(connection)}" if remarks else summary.period(connection))


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


if __name__ == "__main__":
    sys.exit(main())
