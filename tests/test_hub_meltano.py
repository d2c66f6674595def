"""Real Meltano with the Hub's files: in an empty project, and in those beside the plugins."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from demo import pip_settings
from demo.meltano import clean
from hub import HUB_PLUGINS, definition
from hub.words import OWNER
from meta_sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., str]

TARGET_ALONE = (
    "TARGET_META_ADS_ACCESS_TOKEN=... TARGET_META_ADS_AD_ACCOUNT_ID=act_1234567890 "
    "META_ADS_PIXEL_ID=1234567890 "
    "meltano run tap-example target-meta-ads"
)
TAP_ALONE = "TAP_META_ADS_ACCESS_TOKEN=... meltano run tap-meta-ads target-csv"
EMPTY = "default_environment: dev\nenvironments:\n- name: dev\n"
FIRST = (datetime.now(timezone.utc) - timedelta(days=3)).date()
SCRIPTS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=2, days=2) as running:
        yield running


@pytest.fixture
def environment(sandbox: Sandbox, hub: tuple[str, list[str]]) -> dict[str, str]:
    account = sandbox.world.accounts[0]
    return {
        **clean(os.environ),
        **pip_settings.read(),
        "MELTANO_HUB_URL": hub[0],
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "NO_COLOR": "1",
        "TAP_META_ADS_API_URL": sandbox.url,
        "TAP_META_ADS_ACCESS_TOKEN": sandbox.token,
        "TAP_META_ADS_START_DATE": FIRST.isoformat(),
        "TARGET_META_ADS_API_URL": sandbox.url,
        "TARGET_META_ADS_ACCESS_TOKEN": sandbox.token,
        "TARGET_META_ADS_AD_ACCOUNT_ID": account.id,
        "META_ADS_PIXEL_ID": str(account.pixel_id),
    }


@pytest.fixture
def meltano(environment: dict[str, str]) -> Run:
    """Give a function that runs one of Meltano's commands and returns what it said."""

    def run(folder: Path, command: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / "meltano"), *command.split()[1:]],
            cwd=folder,
            env={**environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Make an empty Meltano project."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project/meltano.yml").write_text(EMPTY, encoding="utf-8")
    return tmp_path / "project"


def commands(repository: Path, name: str) -> list[str]:
    """The lines of a plugin's README that call Meltano."""
    text = (repository / name / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^(meltano .*)$", text, re.MULTILINE)


def read(project: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project / "meltano.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def wheels(repository: Path, tmp_path: Path) -> Path:
    """Build what is published: the tap, and the client that it needs."""
    for package in ("meta-graph", "tap-meta-ads"):
        build = [sys.executable, "-m", "uv", "build", "-q", "--wheel", "--out-dir"]
        environment = {**os.environ, **pip_settings.read()}
        subprocess.run(
            [*build, tmp_path / "wheels", repository / package], check=True, env=environment
        )
    return tmp_path / "wheels"


@pytest.mark.long
def test_an_empty_project_takes_both_from_these_files(
    repository: Path,
    empty: Path,
    wheels: Path,
    environment: dict[str, str],
    meltano: Run,
    sandbox: Sandbox,
    hub: tuple[str, list[str]],
) -> None:
    # The clone, where the READMEs have it.
    (empty / "meta-ads").symlink_to(repository)
    for name in HUB_PLUGINS:
        (add,) = (line for line in commands(repository, name) if line.startswith("meltano add"))
        meltano(empty, add)
    project = read(empty)
    (tap,), (target,) = (project["plugins"][one.folder] for one in HUB_PLUGINS.values())
    for added in (tap, target):
        told = definition(added["name"])
        assert added["variant"] == OWNER
        assert added["settings"] == told["settings"]
        assert added["pip_url"] == added["name"]

    # The tap as the package that will be published, the target as its README says until then.
    readme = (repository / "target-meta-ads/README.md").read_text(encoding="utf-8")
    (target["pip_url"],) = re.findall(r"`(\./meta-ads/meta-graph [^`]+)`", readme)
    # What this version of Meltano leaves out of such a file, and the README says to copy.
    assert "select" not in tap
    tap["select"] = definition("tap-meta-ads")["select"]
    (empty / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")

    sandbox.clear_requests()
    places = [str(wheels), *filter(None, [environment.get("UV_FIND_LINKS")])]
    block = {
        "destination": "custom_audience",
        "audience_name": "Ads",
        "fields": {"external_id": "id"},
    }
    meltano(
        empty,
        "meltano run tap-meta-ads target-meta-ads",
        UV_FIND_LINKS=",".join(places),
        UV_CONSTRAINT=str(repository / "constraints.txt"),
        TAP_META_ADS_INSIGHTS_MODE="sync",
        TAP_META_ADS_INSIGHTS_WINDOW_DAYS="2",
        TAP_META_ADS_INCLUDE_DELETED="false",
        TARGET_META_ADS_STREAMS=json.dumps({"ads": block}),
        TARGET_META_ADS_ON_UNMAPPED_STREAM="ignore",
        TARGET_META_ADS_MAX_REJECT_RATIO="0.05",
    )
    (made,) = (one for one in sandbox.audiences() if one["name"] == "Ads")
    members = {row["EXTERN_ID"] for row in sandbox.members(str(made["id"]))}
    assert members == {one["id"] for one in sandbox.truth("ads")}
    asked = json.dumps(sandbox.requests(), default=str)
    assert "business_name" in asked
    assert "owner_business" not in asked
    assert hub[1] == []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve the definitions as the Hub does; give its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    root = tmp_path / "hub"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    address = f"http://127.0.0.1:{server.server_port}"
    for name, plugin in HUB_PLUGINS.items():
        place = f"meltano/api/v1/plugins/{plugin.folder}"
        variants = {OWNER: {"ref": f"{address}/{place}/{name}--{OWNER}"}}
        index = {name: {"default_variant": OWNER, "logo_url": "", "variants": variants}}
        (root / place).mkdir(parents=True)
        (root / place / "index").write_text(json.dumps(index))
        (root / place / f"{name}--{OWNER}").write_text(json.dumps(definition(name)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_lock_files_are_those_that_meltano_makes_of_the_hub(
    repository: Path, tmp_path: Path, empty: Path, meltano: Run, served: str
) -> None:
    # Meltano keeps what a hub has answered in a folder of the user's.
    meltano(
        empty,
        f"meltano add --no-install {' '.join(HUB_PLUGINS)}",
        MELTANO_HUB_URL=served,
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )
    for name, plugin in HUB_PLUGINS.items():
        assert read(empty)["plugins"][plugin.folder] == [
            {"name": name, "variant": OWNER, "pip_url": name}
        ]
        lock = f"plugins/{plugin.folder}/{name}--{OWNER}.lock"
        made, ours = (json.loads((one / lock).read_text()) for one in (empty, repository / name))
        assert made == ours


def alone(repository: Path, tmp_path: Path, name: str) -> Path:
    """Copy a plugin's folder without what runs leave, into a workspace of links to the rest."""
    packages = {path.parent for path in repository.glob("*/pyproject.toml")}
    beside = packages - {repository / name}
    for path in (*beside, repository / "constraints.txt", repository / "pyproject.toml"):
        (tmp_path / path.name).symlink_to(path)
    left = shutil.ignore_patterns(".meltano", "output", "*.jsonl", "*.db*", "tests", "__pycache__")
    return Path(shutil.copytree(repository / name, tmp_path / name, ignore=left))


def test_the_tap_alone(
    repository: Path, tmp_path: Path, meltano: Run, sandbox: Sandbox, hub: tuple[str, list[str]]
) -> None:
    assert f"\n{TAP_ALONE}\n" in (repository / "tap-meta-ads/README.md").read_text()
    project = alone(repository, tmp_path, "tap-meta-ads")
    meltano(project, TAP_ALONE[TAP_ALONE.index("meltano ") :])
    with (project / "output/ads.csv").open(encoding="utf-8", newline="") as file:
        ads = {row["id"] for row in csv.DictReader(file)}
    assert ads == {one["id"] for one in sandbox.truth("ads")}
    # The definition's own selection is in force.
    columns = (project / "output/ad_accounts.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "business_name" in columns
    assert "owner_business" not in columns
    assert (project / "output/ads_insights.csv").exists()
    assert not (project / "output/ads_insights_hourly.csv").exists()
    assert hub[1] == []


def test_the_target_alone(
    repository: Path, tmp_path: Path, meltano: Run, sandbox: Sandbox, hub: tuple[str, list[str]]
) -> None:
    assert f"\n{TARGET_ALONE}\n" in (repository / "target-meta-ads/README.md").read_text()
    project = alone(repository, tmp_path, "target-meta-ads")
    sandbox.clear_requests()
    said = meltano(project, TARGET_ALONE[TARGET_ALONE.index("meltano ") :])
    assert re.findall(r"^(\w+) +(\d+) +(\d+) +\d+ +(\d+)$", said, re.MULTILINE) == [
        ("people", "2", "2", "0"),
        ("orders", "1", "1", "0"),
    ]
    lines = (project / "dry_run.jsonl").read_text(encoding="utf-8").splitlines()
    ends = [json.loads(line)["path"].rpartition("/")[2] for line in lines]
    assert ends == ["customaudiences", "users", "events"]
    assert {request["method"] for request in sandbox.requests()} <= {"GET"}
    assert hub[1] == []
