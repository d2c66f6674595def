"""The sandbox in an environment of its own, as somebody has it who knows nothing else of ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import requests

from benchmarks import peers
from tests.strangers import SDK, keep_from_meta, program, run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def environment(folder: Path, repository: Path, *more: str) -> Path:
    """Make one with the sandbox and other distributions in it; return where its commands are."""
    peers.uv("venv", "--python", sys.executable, str(folder))
    commands = folder / "bin"
    pins = ["--constraint", str(repository / "constraints.txt")]
    sandbox = str(repository / "meta-sandbox")
    peers.uv("pip", "install", "--python", str(commands / "python"), *pins, sandbox, *more)
    return commands


def test_it_serves(repository: Path, tmp_path: Path) -> None:
    commands = environment(tmp_path / "alone", repository)
    listed = subprocess.run(
        [commands / "python", "-c", "import meta_sandbox, sys; print(meta_sandbox.__file__)"],
        cwd=tmp_path,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.startswith(str(tmp_path))
    faults = tmp_path / "faults.json"
    faults.write_text('{"match": {"edge": "me"}, "answer": {"kind": "html"}}')
    with subprocess.Popen(
        [commands / "meta-sandbox", "serve", "--port", "0", "--ads", "5", "--faults", str(faults)],
        cwd=tmp_path,
        env={"PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {ready['token']}"}
            asked = f"{ready['url']}/v26.0/me"
            assert requests.get(asked, headers=headers, timeout=10).status_code == 502
            accounts = requests.get(f"{asked}/adaccounts", headers=headers, timeout=10).json()
            assert [one["account_id"] for one in accounts["data"]] == ready["accounts"]
            for path in ("/__sandbox/", "/__sandbox/received"):
                page = requests.get(f"{ready['url']}{path}", timeout=10)
                assert page.status_code == 200
                assert "<style>" in page.text
        finally:
            process.terminate()
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert re.search(r"^Access token: ", errors, re.MULTILINE)
    assert "Traceback" not in errors


def test_the_fixture_of_the_readme_works_with_metas_sdk(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = environment(tmp_path / "with-sdk", repository, *SDK.requirements, "pytest")
    file = tmp_path / "test_it.py"
    file.write_text(program(repository, "import pytest"))
    keep_from_meta(monkeypatch)
    command = [str(commands / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert "2 passed" in run([*command, "--rootdir", str(tmp_path), str(file)])
