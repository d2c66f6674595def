"""The examples in the target's README are run, and show what it says they show."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from meta_sandbox import Sandbox
from target_meta_ads import settings
from target_meta_ads.streams.blocks import AudienceStream, EventStream, match_stream
from tests import test_hub_meltano, test_reverse_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(sys.executable).parent
DRY = "TARGET_META_ADS_DRY_RUN=true target-meta-ads"


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "target-meta-ads/README.md").read_text(encoding="utf-8")


def fenced(readme: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def commands(readme: str) -> list[str]:
    """Return the commands, without what is said beside them."""
    lines = "".join(fenced(readme, "sh")).splitlines()
    return [line.partition("  #")[0].strip() for line in lines]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(accounts=1, ads=1, days=1) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, readme: str, sandbox: Sandbox) -> Path:
    """Write the files of the first run, with the sandbox's ids and an hour that is not long ago."""
    account = sandbox.world.accounts[0]
    config, records, *_ = fenced(readme, "json")
    given = config.replace("1234567890", account.id.removeprefix("act_"))
    given = given.replace("2345678901", account.pixel_id).replace("...", sandbox.token)
    made = {**json.loads(given), "api_url": sandbox.url}
    (tmp_path / "config.json").write_text(json.dumps(made), encoding="utf-8")
    hour = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    records, count = re.subn(r"\d{4}-\d\d-\d\dT[\d:]+Z", hour, records)
    assert count == 1
    (tmp_path / "records.jsonl").write_text(records, encoding="utf-8")
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_every_command_is_one_that_is_tried(commands: list[str]) -> None:
    install, first, meltano, add, alone, dry = commands
    assert install.startswith("pip install ./")
    assert first.startswith("target-meta-ads --config")
    # By its own tests, in both environments' one project.
    assert meltano == " ".join(["meltano run", *test_reverse_pipeline.BLOCKS])
    # With the Hub's definitions.
    assert add.startswith("meltano add --no-install --from-ref ")
    assert alone == test_hub_meltano.TARGET_ALONE
    assert dry.startswith(DRY)


def test_the_first_run(readme: str, commands: list[str], folder: Path, sandbox: Sandbox) -> None:
    (table,) = fenced(readme, "text")
    (command,) = (line for line in commands if line.startswith("target-meta-ads"))
    done = run(command, folder)
    assert table in done.stderr
    assert json.loads(done.stdout) == {"orders": "A-1"}
    (made,) = (one for one in sandbox.audiences() if one["name"] == "Newsletter")
    assert made["members"] == 2
    assert len(sandbox.events()) == 1
    *_, reject, metric = fenced(readme, "json")
    assert (folder / "rejects.jsonl").read_text(encoding="utf-8") == reject
    assert f"METRIC: {metric}" in done.stderr

    sandbox.clear_requests()
    rows = re.findall(
        r"^(people|orders) +\d+ +(\d+) +(\d+) +\d+$", run(command, folder).stderr, re.MULTILINE
    )
    assert rows == [("people", "0", "2"), ("orders", "0", "1")]
    assert {request["method"] for request in sandbox.requests()} <= {"GET"}


def test_the_dry_run(readme: str, commands: list[str], folder: Path, sandbox: Sandbox) -> None:
    (table,) = fenced(readme, "text")
    (command,) = (line for line in commands if line.startswith(DRY))
    done = run(command, folder)
    assert table in done.stderr
    assert done.stdout == ""
    assert {request["method"] for request in sandbox.requests()} <= {"GET"}
    lines = (folder / "dry_run.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["path"].rpartition("/")[2] for line in lines] == [
        "customaudiences",
        "users",
        "events",
    ]
    assert "example.com" not in "".join(lines).lower()
    assert not list(folder.glob("*.db*"))
    assert (folder / "rejects.jsonl").exists()


def test_the_blocks(readme: str) -> None:
    (text,) = fenced(readme, "yaml")
    given: dict[str, Any] = {"access_token": "made-up", "ad_account_id": "1234567890"}
    given |= yaml.safe_load(text)
    assert settings.problems(given, settings.SCHEMA) == []
    streams = settings.parse(given).streams
    assert isinstance(match_stream("activation-audience_members", streams), AudienceStream)
    assert isinstance(match_stream("activation-conversion_events", streams), EventStream)
