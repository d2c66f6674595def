"""The demo's small parts: tables, progress, pip's configuration, what a failure shows."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from demo import meltano, pip_settings, table
from demo.progress import stage
from demo.received import remembered
from demo.sandbox import SandboxError, advertiser
from meta_sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("", 0), ("日本", 4), ("🎉", 2), ("e\u0301", 1), ("\uff57", 2), ("é", 1)],
)
def test_width(text: str, columns: int) -> None:
    assert table.width(text) == columns


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Summer\nSale", "Summer\\nSale"),
        ("tab\there", "tab\\there"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("turned \u202eround", "turned \\u202eround"),
        ("no\u00a0break", "no\\xa0break"),
        ('🎉 "Größe"; 日本', '🎉 "Größe"; 日本'),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert table.plain(text) == shown


def test_a_table_of_odd_cells_stays_in_line() -> None:
    lines = table.render(
        ["name", "spend"],
        [("🎉 party\n", Decimal("1234567.80")), ("日本", Decimal(3)), (None, None), ("x" * 99, 1)],
    )
    assert lines[0].startswith("name")
    assert "🎉 party\\n" in lines[2]
    assert lines[2].endswith("1,234,567.80")
    assert {table.width(line) for line in lines if line[-1:].isdigit()} == {table.width(lines[1])}
    assert "…" in lines[5]


def test_a_table_without_rows() -> None:
    assert table.render(["a", "bc"], []) == ["a  bc", "-  --"]


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_says_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with stage("works", clock) as current:
        clock.now = 12
        current.note("12 rows")
    with pytest.raises(ValueError, match="no"), stage("breaks", clock):
        raise ValueError("no")
    works, breaks = capsys.readouterr().out.splitlines()
    assert works.split() == ["works", "12.0", "s", "ok", "12", "rows"]
    assert breaks.split() == ["breaks", "0.0", "s", "failed"]


def test_a_long_stage_is_not_silent(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with stage("waits", clock) as current:
        for clock.now in range(0, 70, 10):
            current.tick()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:] for line in lines] == [
        ["30.0", "s", "..."],
        ["60.0", "s", "..."],
        ["60.0", "s", "ok"],
    ]


def test_what_is_the_users_own_is_left_out() -> None:
    environment = {
        "PATH": "/bin",
        "HOME": "/h",
        "TAP_META_ADS_ACCESS_TOKEN": "theirs",
        "META_ADS_PG_PASSWORD": "theirs",
        "DBT_PROFILES_DIR": "theirs",
        "MELTANO_ENVIRONMENT": "prod",
        "TARGET_POSTGRES_HOST": "theirs",
        "PGPASSWORD": "theirs",
        "UV_INDEX": "kept",
    }
    assert meltano.clean(environment) == {"PATH": "/bin", "HOME": "/h", "UV_INDEX": "kept"}


def test_last_words_leave_out_what_tells_nothing() -> None:
    log = """
2026-11-20T10:00:00.123456Z [info     ] meltano      Reading state
2026-11-20T10:00:01.123456Z [info     ] tap-meta-ads METRIC: {}

2026-11-20T10:00:02.123456Z [error    ] tap-meta-ads The token is wrong.   a=b c='d e'
plain words
"""
    assert meltano.last_words(log) == ["tap-meta-ads The token is wrong.", "plain words"]
    assert meltano.last_words("\n".join("abcdefgh"), count=3) == ["f", "g", "h"]


@pytest.mark.parametrize(
    ("listing", "environment", "added"),
    [
        ([], {}, {}),
        (
            ["global.index-url='https://mirror.test/simple'"],
            {},
            {"UV_DEFAULT_INDEX": "https://mirror.test/simple"},
        ),
        (
            ["global.index-url='https://mirror.test/simple'"],
            {"UV_INDEX_URL": "https://own.test/simple"},
            {},
        ),
        (
            ["global.index-url='https://a.test'", "install.index-url='https://b.test'"],
            {},
            {"UV_DEFAULT_INDEX": "https://b.test"},
        ),
        (
            [":env:.index-url='https://c.test'", "install.index-url='https://b.test'"],
            {},
            {"UV_DEFAULT_INDEX": "https://c.test"},
        ),
        (["global.extra-index-url='https://a.test https://b.test'"], {}, {}),
        (
            [":env:.default-timeout='60'", "global.cert='/etc/ca.pem'"],
            {"SSL_CERT_FILE": "/etc/own.pem"},
            {"UV_HTTP_TIMEOUT": "60"},
        ),
        (["global.trusted-host='mirror.test'"], {}, {"UV_INSECURE_HOST": "mirror.test"}),
        (["download.index-url='https://d.test'", "global.quiet='1'"], {}, {}),
    ],
)
def test_pip_settings(
    listing: list[str], environment: dict[str, str], added: dict[str, str]
) -> None:
    assert pip_settings.uv_environment(listing, environment) == added


def test_pip_settings_leave_out_folders_that_are_not_there(tmp_path: Path) -> None:
    listing = [f"global.find-links='{tmp_path} {tmp_path / 'gone'} https://files.test/x'"]
    added = pip_settings.uv_environment(listing, {})
    assert added == {"UV_FIND_LINKS": f"{tmp_path},https://files.test/x"}


NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def test_the_advertiser_stays_the_same(tmp_path: Path) -> None:
    file = tmp_path / "advertiser.json"
    asked: dict[str, int | None] = {"seed": 7, "days": 30, "ads": None}
    first = advertiser(file, asked, NOW)
    assert (first.seed, first.accounts, first.ads, first.days) == (7, 3, 24, 30)
    assert first.first_day() == date(2026, 1, 31)
    # Later runs take it as it was made, whenever they come.
    assert advertiser(file, {}, NOW + timedelta(days=9)) == first
    assert advertiser(file, {"seed": 7}, NOW + timedelta(days=9)) == first
    options = first.options(NOW + timedelta(days=1))
    assert {"--made-at=2026-03-01T12:00:00+00:00", "--now=2026-03-02T12:00:00+00:00"} < set(options)


def test_another_advertiser_does_not_mix_with_the_first(tmp_path: Path) -> None:
    file = tmp_path / "advertiser.json"
    advertiser(file, {"ads": 5}, NOW)
    with pytest.raises(SandboxError, match=r"--ads 5: delete that folder, .* --ads 6"):
        advertiser(file, {"ads": 6}, NOW)


def test_a_torn_note_of_the_advertiser_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "advertiser.json"
    file.write_text('{"seed": 1')
    assert advertiser(file, {"seed": 3}, NOW).seed == 3
    assert advertiser(file, {}, NOW).seed == 3


@pytest.mark.parametrize("hour", [12, 18])
def test_without_a_seed_purchases_come_late(tmp_path: Path, hour: int) -> None:
    """Those of the first advertiser do not on this day, if it is that small."""
    small: dict[str, int | None] = {"accounts": 1, "ads": 12, "days": 20}
    day_one = datetime(2026, 11, 21, hour, tzinfo=timezone.utc)
    made = advertiser(tmp_path / "advertiser.json", small, day_one)
    assert made.seed > 1

    def purchases(at: datetime) -> int:
        options: dict[str, Any] = {**small, "seed": made.seed, "made_at": day_one}
        with Sandbox(**options, now=at) as sandbox:
            rows: list[Any] = sandbox.truth_insights(level="ad", until="2026-11-19")
        actions = [action for row in rows for action in row.get("actions", ())]
        return sum(int(one["value"]) for one in actions if one["action_type"] == "omni_purchase")

    assert purchases(day_one + timedelta(days=1)) > purchases(day_one)
    asked = advertiser(tmp_path / "another.json", {**small, "seed": 1}, day_one)
    assert asked.seed == 1


def test_plugins_are_installed_anew_when_a_definition_changes(tmp_path: Path) -> None:
    for name in ("meltano.yml", "constraints.txt", "package/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("old")
    project = meltano.Meltano(tmp_path, tmp_path / "home", {})
    assert project.needs_install()
    (tmp_path / ".meltano").mkdir()
    project.remember_install()
    assert not meltano.Meltano(tmp_path, tmp_path / "home", {}).needs_install()
    (tmp_path / "package/pyproject.toml").write_text("new")
    assert project.needs_install()


def receive(sandbox: Sandbox, lead: str) -> None:
    event = {
        "event_name": "Lead",
        "event_id": lead,
        "event_time": int(datetime.now(timezone.utc).timestamp()),
        "action_source": "website",
        "user_data": {"em": ["a" * 64]},
    }
    answer = requests.post(
        f"{sandbox.url}/v26.0/{sandbox.world.accounts[0].pixel_id}/events",
        json={"data": [event]},
        headers={"Authorization": f"Bearer {sandbox.token}"},
        timeout=10,
    )
    assert answer.ok, answer.text


def test_what_meta_received_outlives_the_sandbox(tmp_path: Path) -> None:
    file, ledger = tmp_path / "received.json", tmp_path / "ledger.db"
    members = [{"EMAIL": "b" * 64, "FN": "c" * 64}, {"EXTERN_ID": "7"}]
    with Sandbox(accounts=2, ads=1, days=1) as sandbox, remembered(sandbox.url, file, ledger) as it:
        account, pixel = it.destination()
        assert account.removeprefix("act_") == sandbox.world.accounts[0].id.removeprefix("act_")
        assert pixel == sandbox.world.accounts[0].pixel_id
        audience = sandbox.add_audience("People", members=members)
        receive(sandbox, "lead-1")
        ledger.touch()
        assert [line.split()[-2:] for line in it.lines()[2:]] == [["2", "2"], ["1", "1"]]

    with Sandbox(accounts=2, ads=1, days=1) as sandbox, remembered(sandbox.url, file, ledger) as it:
        assert not file.exists()
        assert ledger.exists()
        assert sorted(sandbox.members(audience), key=len) == sorted(members, key=len)
        receive(sandbox, "lead-2")
        assert [line.split()[-2:] for line in it.lines()[2:]] == [["2", "0"], ["2", "1"]]

    # A run that was killed leaves nothing, and then the ledger must not stay either.
    file.unlink()
    (tmp_path / "ledger.db-wal").touch()
    with Sandbox(accounts=2, ads=1, days=1) as sandbox, remembered(sandbox.url, file, ledger) as it:
        assert it.lines()[2:] == []
        assert list(tmp_path.glob("ledger*")) == []
