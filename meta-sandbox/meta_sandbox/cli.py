"""The command ``meta-sandbox``."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING

from meta_sandbox._flags import parser
from meta_sandbox._sandbox import Sandbox
from meta_sandbox._serve.faults import parse_faults

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command line without the program's name; the process's own when left out.

    Returns:
        Exit status: 0.

    Raises:
        SystemExit: The arguments cannot be used; with status 2, the reason on standard error.
    """
    flags = parser()
    given = flags.parse_args(arguments)
    try:
        sandbox = _announced(_sandbox(given), given)
    except OSError as error:
        place = error.filename or f"Cannot listen on {given.host} port {given.port}"
        flags.exit(2, f"meta-sandbox: {place}: {error.strerror}.\n")
    except (OverflowError, ValueError) as error:
        flags.exit(2, f"meta-sandbox: {error}\n")
    if given.exit_with_stdin:
        threading.Thread(target=_stop_at_end_of_stdin, args=(sandbox,), daemon=True).start()
    sandbox.run()
    return 0


def _faults(path: Path) -> object:
    """Read a file of faults.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no JSON, or no faults; the message names the file.
    """
    try:
        rules: object = json.loads(path.read_text(encoding="utf-8"))
        parse_faults(rules)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text in UTF-8.") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return rules


def _sandbox(given: argparse.Namespace) -> Sandbox:
    rules = [] if given.faults is None else _faults(given.faults)
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
    sandbox.engine.faults.add(rules)
    return sandbox


def _announced(sandbox: Sandbox, given: argparse.Namespace) -> Sandbox:
    """Say where a sandbox is: one line of JSON for programs, a few lines for people.

    Raises:
        OSError: The file for the line cannot be written; the sandbox is stopped then.
    """
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
        try:
            part.write_text(f"{line}\n", encoding="utf-8")
            part.replace(given.ready_file)
        except OSError:
            sandbox.stop()
            raise
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    sys.stderr.write(
        f"Graph API sandbox at {sandbox.url}, to be used for https://graph.facebook.com\n"
        f"What it received and what is true: {sandbox.url}/__sandbox/\n"
        f"Access token: {sandbox.token}\n"
    )
    sys.stderr.flush()
    return sandbox


def _stop_at_end_of_stdin(sandbox: Sandbox) -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.buffer.read(65_536):
            pass
    sandbox.stop()


if __name__ == "__main__":
    sys.exit(main())
