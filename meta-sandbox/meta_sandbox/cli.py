"""The command ``meta-sandbox``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from meta_sandbox._graph.auth import DEFAULT_APP_SECRET, DEFAULT_TOKEN
from meta_sandbox._graph.throttle import LIMIT_NAMES, TIERS
from meta_sandbox._options import Options
from meta_sandbox._sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFAULTS = Options()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command line without the program's name; the process's own when left out.

    Returns:
        Exit status: 0, or 2 when the arguments cannot be used.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        sandbox = _sandbox(given)
    except (OSError, OverflowError, ValueError) as error:
        parser.exit(2, f"meta-sandbox: {error}\n")
    _announce(sandbox, given)
    if given.exit_with_stdin:
        threading.Thread(target=_stop_at_end_of_stdin, args=(sandbox,), daemon=True).start()
    sandbox.run()
    return 0


def _sandbox(given: argparse.Namespace) -> Sandbox:
    rules = [] if given.faults is None else json.loads(given.faults.read_text(encoding="utf-8"))
    sandbox = Sandbox(
        seed=given.seed,
        accounts=given.accounts,
        ads=given.ads,
        days=given.days,
        now=given.now,
        made_at=given.made_at,
        unlisted_share=given.unlisted_share,
        host=given.host,
        port=given.port,
        token=given.token,
        app_secret=given.app_secret,
        require_proof=given.require_proof,
        tier=given.tier,
        throttle=given.throttle,
        limits=dict(given.limit),
        latency_ms=given.latency,
        job_seconds=given.job_seconds,
        max_rows_per_page=given.max_rows_per_page,
        max_sync_points=given.max_sync_points,
        max_insights_points=given.max_insights_points,
        next_with_token=not given.next_without_token,
        sparse_pages=given.sparse_pages,
        deprecated=given.deprecated,
        retention=given.retention,
        opted_in=given.opted_in,
        min_audience=given.min_audience,
        invalid_count=given.invalid_count,
        log_size=given.log_size,
    )
    try:
        for rule in rules if isinstance(rules, list) else [rules]:
            sandbox.add_fault(rule)
    except ValueError:
        sandbox.stop()
        raise
    return sandbox


def _announce(sandbox: Sandbox, given: argparse.Namespace) -> None:
    """Say where the sandbox is: one line of JSON for programs, a few lines for people."""
    line = json.dumps(
        {
            "url": sandbox.url,
            "token": sandbox.token,
            "app_secret": sandbox.app_secret,
            "accounts": [account.account_id for account in sandbox.world.accounts],
            "pid": os.getpid(),
        }
    )
    if given.ready_file is not None:
        # Whoever waits for the file must not find half of it.
        part = given.ready_file.with_name(f"{given.ready_file.name}.part")
        part.write_text(f"{line}\n", encoding="utf-8")
        part.replace(given.ready_file)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    sys.stderr.write(
        f"Graph API sandbox at {sandbox.url}, to be used for https://graph.facebook.com\n"
        f"What it received and what is true: {sandbox.url}/__sandbox/\n"
        f"Access token: {sandbox.token}\n"
    )
    sys.stderr.flush()


def _stop_at_end_of_stdin(sandbox: Sandbox) -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.buffer.read(65_536):
            pass
    sandbox.stop()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no instant such as 2026-11-20T12:00:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _limit(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if name not in LIMIT_NAMES or not count.isdecimal():
        raise argparse.ArgumentTypeError(
            f"{text!r} is no limit such as ads_insights=10; "
            f"the names are {', '.join(sorted(LIMIT_NAMES))}"
        )
    return name, int(count)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="meta-sandbox",
        description="A local Graph API with a made-up advertiser.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser(
        "serve",
        help="serve until stopped",
        description="Serve until SIGINT or SIGTERM. The first line of standard output is JSON: "
        "url, token, app_secret, accounts, pid.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_world_flags(serve)
    _add_process_flags(serve)
    _add_behaviour_flags(serve)
    return parser


def _add_world_flags(serve: argparse.ArgumentParser) -> None:
    world = serve.add_argument_group("the advertiser")
    world.add_argument("--seed", type=int, default=1, help="decides everything about it")
    world.add_argument("--accounts", type=int, default=3, help="number of ad accounts")
    world.add_argument("--ads", type=int, default=200, help="number of ads in each account")
    world.add_argument("--days", type=int, default=90, help="days of history before now")
    world.add_argument(
        "--now", type=_instant, help="instant the clock starts from, ISO 8601; the real one if not"
    )
    world.add_argument(
        "--made-at",
        type=_instant,
        help="instant the advertiser is made for; give an earlier run's with a later --now to "
        "meet the same advertiser later",
    )
    world.add_argument(
        "--unlisted-share",
        type=float,
        default=0.02,
        help="share of ads that were deleted for good and that only Insights knows",
    )


def _add_process_flags(serve: argparse.ArgumentParser) -> None:
    process = serve.add_argument_group("the server")
    process.add_argument("--host", default="127.0.0.1", help="address to listen on")
    process.add_argument("--port", type=int, default=8080, help="port; 0 for any free one")
    process.add_argument(
        "--ready-file", type=Path, help="write the first output line to this file too, when ready"
    )
    process.add_argument(
        "--exit-with-stdin",
        action="store_true",
        help="stop when standard input ends, so that no orphan is left behind",
    )
    process.add_argument("--faults", type=Path, help="JSON file with faults to script")
    process.add_argument(
        "--log-size", type=int, default=_DEFAULTS.log_size, help="requests remembered one by one"
    )


def _add_behaviour_flags(serve: argparse.ArgumentParser) -> None:
    how = serve.add_argument_group("how it behaves")
    how.add_argument("--token", default=DEFAULT_TOKEN, help="access token good for everything")
    how.add_argument(
        "--app-secret", default=DEFAULT_APP_SECRET, help="what appsecret_proof is made with"
    )
    how.add_argument(
        "--require-proof", action="store_true", help="refuse calls without appsecret_proof"
    )
    how.add_argument(
        "--latency", type=float, default=0, metavar="MS", help="added to every request"
    )
    how.add_argument(
        "--job-seconds", type=float, default=0, help="how long a report job takes; 0 for none"
    )
    how.add_argument("--tier", choices=tuple(TIERS), default=_DEFAULTS.tier, help="access tier")
    how.add_argument("--throttle", action="store_true", help="enforce Meta's limits for the tier")
    how.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="NAME=N",
        help="own limit, enforced in any case: calls an hour, for account_score points; "
        f"names: {', '.join(sorted(LIMIT_NAMES))}",
    )
    how.add_argument(
        "--max-rows-per-page",
        type=int,
        default=_DEFAULTS.max_rows_per_page,
        help="larger pages are refused",
    )
    how.add_argument(
        "--max-sync-points",
        type=int,
        default=_DEFAULTS.max_sync_points,
        help="rows times fields that a synchronous Insights call may come to",
    )
    how.add_argument(
        "--max-insights-points",
        type=int,
        default=_DEFAULTS.max_insights_points,
        help="the same for report jobs",
    )
    how.add_argument(
        "--next-without-token", action="store_true", help="leave the token out of paging.next"
    )
    how.add_argument(
        "--sparse-pages", action="store_true", help="make some pages short or empty before the end"
    )
    how.add_argument(
        "--deprecated",
        choices=("error", "upgrade"),
        default=_DEFAULTS.deprecated,
        help="what calls to expired API versions get",
    )
    how.add_argument(
        "--retention",
        choices=("error", "empty"),
        default=_DEFAULTS.retention,
        help="what unique counts and hourly figures give beyond 13 months",
    )
    how.add_argument(
        "--opted-in",
        action="store_true",
        help="the accounts opted in to breakdowns such as impression_device",
    )
    how.add_argument(
        "--min-audience",
        type=int,
        default=_DEFAULTS.min_audience,
        metavar="PEOPLE",
        help="refuse removals that leave an audience fewer people; 0 for no floor",
    )
    how.add_argument(
        "--invalid-count",
        choices=("request", "session"),
        default=_DEFAULTS.invalid_count,
        help="what num_invalid_entries counts, on which Meta's docs are not clear",
    )


if __name__ == "__main__":
    sys.exit(main())
