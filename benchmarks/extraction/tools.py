"""The tools, each told the same in its own words, and how to read the rows that each writes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from benchmarks.extraction.fields import (
    INSIGHTS,
    INSIGHTS_FIELDS,
    WINDOWS,
    fields_of,
)
from benchmarks.extraction.peers import AIRBYTE, ENTRIES, TAP_FACEBOOK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from benchmarks.peers import Peer

_RUNNER = Path(__file__).with_name("in_peer.py")


class ToolError(Exception):
    """A tool does not start, or lacks what it is to be asked for; the message says which."""


@dataclass(frozen=True)
class Work:
    """What a tool is to read.

    Attributes:
        url: Base of the Graph API.
        token: Access token.
        accounts: Ad accounts, digits only.
        since: First day of Insights.
        until: Last day of Insights.
        streams: Names as in `fields`; none to do nothing but start up.
    """

    url: str
    token: str
    accounts: tuple[str, ...]
    since: date
    until: date
    streams: tuple[str, ...]


class Tool(Protocol):
    """An extractor."""

    @property
    def name(self) -> str:
        """What it is called in the tables."""

    @property
    def program(self) -> str:
        """The same for tools that differ only in settings."""

    @property
    def is_peer(self) -> bool:
        """Whether it is one of those to compare with."""

    def commands(self, work: Work, folder: Path) -> list[list[str]]:
        """Write its files into a folder, and return what to run, one after the other."""

    def rows(self, lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows among what it wrote: stream, by its name in `fields`, and record."""


@dataclass(frozen=True)
class TapMetaAds:
    """Our tap.

    Attributes:
        command: Its command.
        mode: `insights_mode`.
    """

    command: str
    mode: str
    program: str = "tap-meta-ads"
    is_peer: bool = False

    @property
    def name(self) -> str:
        """With its mode."""
        return f"{self.program} {self.mode}"

    def commands(self, work: Work, folder: Path) -> list[list[str]]:
        """One run for all accounts."""
        config = {
            "access_token": work.token,
            "api_url": work.url,
            "account_ids": work.accounts,
            "start_date": str(work.since),
            "end_date": str(work.until),
            "insights_mode": self.mode,
            # As the peers do when they are told nothing.
            "include_deleted": False,
            "insights_reports": [
                {
                    "name": INSIGHTS,
                    "level": "ad",
                    "fields": INSIGHTS_FIELDS,
                    "action_attribution_windows": WINDOWS,
                }
            ],
        }
        start = [self.command, "--config", _written(folder / "config.json", config)]
        catalog = _selected(_discovered([*start, "--discover"]), {s: s for s in work.streams})
        return [[*start, "--catalog", _written(folder / "catalog.json", catalog)]]

    def rows(self, lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Its RECORD messages."""
        return _singer_rows(lines, {})


@dataclass(frozen=True)
class TapFacebook:
    """The tap of singer-io.

    Attributes:
        python: Python of its environment.
    """

    python: Path
    peer: ClassVar[Peer] = TAP_FACEBOOK
    name: str = TAP_FACEBOOK.name
    program: str = TAP_FACEBOOK.name
    is_peer: bool = True

    _NAMES = {INSIGHTS: "ads_insights", "ad_sets": "adsets", "ad_creatives": "adcreative"}  # noqa: RUF012 - a constant, no field

    def commands(self, work: Work, folder: Path) -> list[list[str]]:
        """A run for each account: it takes one."""
        streams = {self._NAMES.get(stream, stream): stream for stream in work.streams}
        # It reads at least a day before the start, so that it is told the day after.
        start = work.since + timedelta(days=1)
        found: list[list[str]] = []
        for account in work.accounts:
            config = {
                "access_token": work.token,
                "account_id": account,
                "start_date": f"{start}T00:00:00Z",
                "end_date": f"{work.until}T00:00:00Z",
                "insights_buffer_days": 1,
            }
            path = _written(folder / f"config-{account}.json", config)
            command = [*_in_peer(TAP_FACEBOOK, self.python, work.url), "--config", path]
            if not found:
                catalog = _selected(_discovered([*command, "--discover"]), streams)
                _written(folder / "catalog.json", catalog)
            found.append([*command, "--properties", str(folder / "catalog.json")])
        return found

    def rows(self, lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Its RECORD messages."""
        return _singer_rows(lines, {theirs: ours for ours, theirs in self._NAMES.items()})


@dataclass(frozen=True)
class Airbyte:
    """Airbyte's source.

    Attributes:
        python: Python of its environment.
    """

    python: Path
    peer: ClassVar[Peer] = AIRBYTE
    name: str = "airbyte-source"
    program: str = AIRBYTE.name
    is_peer: bool = True

    # The stream that is built in, with the fields of the catalog. A custom report with the same
    # fields gives the same rows by the same calls, and takes three times the processor time.
    _INSIGHTS = "ads_insights"

    def commands(self, work: Work, folder: Path) -> list[list[str]]:
        """One run for all accounts, which it reads one after the other."""
        config: dict[str, Any] = {
            "account_ids": work.accounts,
            "credentials": {"auth_type": "Service", "access_token": work.token},
            # Those that stand here by default need `actions` among the fields.
            "default_ads_insights_action_breakdowns": [],
            "end_date": f"{work.until}T00:00:00Z",
        }
        if INSIGHTS in work.streams:
            # Not for entities, of which it would leave out those that did not change since.
            config["start_date"] = f"{work.since}T00:00:00Z"
        catalog = {
            "streams": [
                {
                    "stream": {
                        "name": self._INSIGHTS if stream == INSIGHTS else stream,
                        "json_schema": {"properties": {name: {} for name in fields_of(stream)}},
                        "supported_sync_modes": ["full_refresh"],
                    },
                    "sync_mode": "full_refresh",
                    "destination_sync_mode": "append",
                }
                for stream in work.streams
            ]
        }
        return [
            [
                *_in_peer(AIRBYTE, self.python, work.url),
                *("read", "--config", _written(folder / "config.json", config)),
                *("--catalog", _written(folder / "catalog.json", catalog)),
            ]
        ]

    def rows(self, lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Its RECORD messages."""
        for message in _messages(lines):
            if message["type"] == "RECORD":
                record = message["record"]
                name = record["stream"]
                yield INSIGHTS if name == self._INSIGHTS else name, record["data"]


def _in_peer(peer: Peer, python: Path, url: str) -> list[str]:
    return [str(python), str(_RUNNER), url, ENTRIES[peer]]


def _written(path: Path, content: object) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def _discovered(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
    catalog: dict[str, Any] = json.loads(done.stdout)
    return catalog


def _selected(catalog: dict[str, Any], streams: Mapping[str, str]) -> dict[str, Any]:
    """A Singer catalog in which the fields of some streams are selected, and nothing else.

    Args:
        catalog: As discovered.
        streams: The tool's name of a stream, and the one in `fields`.

    Raises:
        ToolError: The tool lacks a stream or a field: the comparison would not be one.
    """
    missing = set(streams)
    for entry in catalog["streams"]:
        stream = streams.get(entry["tap_stream_id"])
        missing.discard(entry["tap_stream_id"])
        wanted = set(fields_of(stream)) if stream else set()
        if absent := wanted - entry["schema"]["properties"].keys():
            raise ToolError(f"{entry['tap_stream_id']} has no {', '.join(sorted(absent))}.")
        for item in entry["metadata"]:
            item["metadata"]["selected"] = _is_wanted(item["breadcrumb"], stream, wanted)
    if missing:
        raise ToolError(f"There is no stream {', '.join(sorted(missing))}.")
    return catalog


def _is_wanted(breadcrumb: list[str], stream: str | None, wanted: Collection[str]) -> bool:
    """Whether a part of a stream is selected; the stream itself has an empty breadcrumb."""
    return stream is not None and (not breadcrumb or breadcrumb[1] in wanted)


def _singer_rows(
    lines: Iterator[bytes], names: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for message in _messages(lines):
        if message["type"] == "RECORD":
            yield names.get(message["stream"], message["stream"]), message["record"]


def _messages(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.strip():
            yield json.loads(line)
