"""`make demo`: Meta's side made up, all else real, to the star schema and back to Meta.

Everything it makes stands in `.demo`; delete that folder and the next run is a first one.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from demo import sandbox, summary
from demo.meltano import Meltano, MeltanoError
from demo.postgres import Postgres, PostgresError
from demo.progress import stage
from demo.received import remembered
from meta_sandbox import DEFAULT_APP_SECRET, DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from types import FrameType

    from demo.received import Received

PROJECT = Path(__file__).resolve().parent.parent
BLOCKS = (
    *("tap-meta-ads", "target-postgres", "dbt-postgres:build"),
    *("tap-postgres", "target-meta-ads"),
)

_STAGES = (
    "Meta -> Postgres (tap-meta-ads, target-postgres)",
    "Star schema (dbt build)",
    "Postgres -> Meta (tap-postgres, target-meta-ads)",
)
# The tap's own count of the rows of a stream, and dbt's count of its models and tests.
_READ = re.compile(r"\btap-meta-ads METRIC\b.*\bmetric_name=record_count metric_value=(\d+)")
_TOTAL = re.compile(r"\bDone\. PASS=\d+ WARN=(\d+) .*\bTOTAL=(\d+)")
_BUILT = re.compile(r"\b(\d+) of (\d+) (?:OK|PASS|WARN|NO-OP)\b")
# What became of the people and events, by the target's own count of each stream.
_SENT = re.compile(
    r"\btarget-meta-ads METRIC\b.*\bmetric_name=records_"
    r"(delivered|unchanged|rejected) metric_value=(\d+)"
)


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
    except (PostgresError, MeltanoError, sandbox.SandboxError) as error:
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
    add("--seed", type=int, help="which made-up advertiser (default: 1)")
    add("--accounts", type=int, help="its ad accounts (default: 3)")
    add("--ads", type=int, help="ads of each account (default: 24)")
    add("--days", type=int, help="days of history before the first run (default: 90)")
    return parser.parse_args(arguments)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _demo(options: argparse.Namespace) -> None:
    home = options.home.resolve()
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    wanted = {name: getattr(options, name) for name in ("seed", "accounts", "ads", "days")}
    road = "Meta -> Postgres -> star schema -> Meta"
    print(f"{road}, on made-up data. Logs: {_shown(logs)}\n", flush=True)

    with stage("PostgreSQL starts") as current:
        server = Postgres(home / "postgres")
        server.start()
        current.note(f"port {server.port}")
    try:
        # Behind the data's lock, which the server holds.
        made = sandbox.advertiser(home / "advertiser.json", wanted, datetime.now(timezone.utc))
        ledger = home / "target_meta_ads.db"
        with (
            sandbox.running(logs / "sandbox.log", made.options()) as api_url,
            remembered(api_url, home / "received.json", ledger) as received,
        ):
            settings = {
                **_settings(server, api_url, made.first_day()),
                **_way_back(api_url, received, home, ledger),
            }
            _load(Meltano(PROJECT, home, settings))
            _report(server, received)
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


def _load(meltano: Meltano) -> None:
    if meltano.needs_install():
        with stage("Meltano installs taps, targets and dbt") as current:

            def installed(line: str) -> None:
                if found := re.search(r"Installed \w+ '([\w-]+)'", line):
                    current.note(f"last: {found[1]}")
                current.tick()

            meltano.install(installed)

    with ExitStack() as stack:
        current = stack.enter_context(stage(_STAGES[0]))
        rows = blocks = 0
        sent: Counter[str] = Counter(delivered=0, unchanged=0)

        def ran(line: str) -> None:
            nonlocal current, rows, blocks
            if "Block run completed" in line and blocks + 1 < len(_STAGES):
                blocks += 1
                stack.close()
                current = stack.enter_context(stage(_STAGES[blocks]))
            elif found := _BUILT.search(line):
                current.note(f"{found[1]} of {found[2]} steps")
            elif found := _TOTAL.search(line):
                current.note(f"{found[2]} steps, {found[1]} with a warning")
            elif found := _READ.search(line):
                rows += int(found[1])
                current.note(f"{rows:,} rows")
            elif found := _SENT.search(line):
                sent[found[1]] += int(found[2])
                shown = [f"{sent[what]:,} {what}" for what in sent if sent[what]]
                current.note(", ".join(shown))
            current.tick()

        meltano.run(BLOCKS, ran)


def _report(server: Postgres, received: Received) -> None:
    with psycopg.connect(server.url()) as connection:
        verdict, remarks = summary.validation(connection)
        for title, lines in (
            ("Rows", summary.rows(connection)),
            ("Campaigns that spent most, by currency", summary.campaigns(connection)),
            ("What Meta received", received.lines()),
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
