"""The flags of the command ``meta-sandbox``."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from meta_sandbox._graph.auth import DEFAULT_APP_SECRET, DEFAULT_TOKEN
from meta_sandbox._graph.throttle import LIMIT_NAMES, TIERS
from meta_sandbox._options import Options

_DEFAULTS = Options()
_LAST_PORT = 65_535


class _Defaults(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False or action.default == []:
            return action.help
        return super()._get_help_string(action)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no instant such as 2026-11-20T12:00:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 0 or more")
    return int(text)


def _amount(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0 or more")
    return found


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {_LAST_PORT}")
    return int(text)


def _limit(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if name not in LIMIT_NAMES or not count.isdecimal():
        raise argparse.ArgumentTypeError(
            f"{text!r} is no limit such as ads_insights=10; "
            f"the names are {', '.join(sorted(LIMIT_NAMES))}"
        )
    return name, int(count)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(
        prog="meta-sandbox",
        description="A local Graph API with a made-up advertiser: what talks to Meta's Marketing "
        "API or Conversions API can be tried on it without an account.",
        epilog="`meta-sandbox serve` starts one on port 8080 and says how to ask it; "
        "`meta-sandbox serve --help` lists the flags.",
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {version('meta-sandbox')}")
    commands = whole.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser(
        "serve",
        help="serve until stopped",
        usage="%(prog)s [flag ...]",
        description="Serve until SIGINT or SIGTERM. The first line of standard output is JSON: "
        "url, token, app_secret, accounts, pid. The page for people is at /__sandbox/.",
        formatter_class=_Defaults,
    )
    _add_world_flags(serve)
    _add_process_flags(serve)
    _add_behaviour_flags(serve)
    return whole


def _add_world_flags(serve: argparse.ArgumentParser) -> None:
    world = serve.add_argument_group("the advertiser")
    world.add_argument(
        "--seed", type=int, metavar="N", default=1, help="decides everything about it"
    )
    world.add_argument("--accounts", type=int, metavar="N", default=3, help="number of ad accounts")
    world.add_argument(
        "--ads", type=int, metavar="N", default=200, help="number of ads in each account"
    )
    world.add_argument(
        "--days", type=int, metavar="N", default=90, help="days of history before now"
    )
    world.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="instant the clock starts from, ISO 8601; the real one if not",
    )
    world.add_argument(
        "--made-at",
        type=_instant,
        metavar="INSTANT",
        help="instant the advertiser is made for; give an earlier run's with a later --now to "
        "meet the same advertiser later",
    )
    world.add_argument(
        "--unlisted-share",
        type=float,
        metavar="SHARE",
        default=0.02,
        help="share of ads that were deleted for good and that only Insights knows",
    )


def _add_process_flags(serve: argparse.ArgumentParser) -> None:
    process = serve.add_argument_group("the server")
    process.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on"
    )
    process.add_argument(
        "--port", type=_port, metavar="N", default=8080, help="port; 0 for any free one"
    )
    process.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="write the first output line to this file too, when ready",
    )
    process.add_argument(
        "--exit-with-stdin",
        action="store_true",
        help="stop when standard input ends, so that no orphan is left behind",
    )
    process.add_argument(
        "--faults", type=Path, metavar="FILE", help="JSON file with faults to script"
    )
    process.add_argument(
        "--log-size",
        type=_whole,
        metavar="N",
        default=_DEFAULTS.log_size,
        help="requests remembered one by one",
    )


def _add_behaviour_flags(serve: argparse.ArgumentParser) -> None:
    how = serve.add_argument_group("how it behaves")
    how.add_argument(
        "--token", metavar="TEXT", default=DEFAULT_TOKEN, help="access token good for everything"
    )
    how.add_argument(
        "--app-secret",
        metavar="TEXT",
        default=DEFAULT_APP_SECRET,
        help="what appsecret_proof is made with",
    )
    how.add_argument(
        "--require-proof", action="store_true", help="refuse calls without appsecret_proof"
    )
    how.add_argument(
        "--latency", type=_amount, default=0, metavar="MS", help="added to every request"
    )
    how.add_argument(
        "--job-seconds",
        type=_amount,
        metavar="S",
        default=0,
        help="how long a report job takes; 0 for none",
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
        type=_whole,
        metavar="N",
        default=_DEFAULTS.max_rows_per_page,
        help="larger pages are refused",
    )
    how.add_argument(
        "--max-sync-points",
        type=_whole,
        metavar="N",
        default=_DEFAULTS.max_sync_points,
        help="rows times fields that a synchronous Insights call may come to",
    )
    how.add_argument(
        "--max-insights-points",
        type=_whole,
        metavar="N",
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
        type=_whole,
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
