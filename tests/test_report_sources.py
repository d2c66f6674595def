"""What the report page is made of: settings, the star schema and the ledger, wrong ones too."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import psycopg
import pytest

from report import WarehouseError, deliveries, page, warehouse, write
from report import __main__ as command
from target_meta_ads.ledger import Ledger
from target_meta_ads.report import Figure
from tests.report_samples import STAR_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from demo.database import Database
    from report.warehouse import Findings

NOW = datetime(2026, 11, 21, 7, tzinfo=timezone.utc)


def test_a_user_with_any_name_has_a_right_address() -> None:
    known = {"HOST": "h", "USER": "ann@127.0.0.1/x", "PASSWORD": "p:w' /d", "DATABASE": "a b"}
    address = command.database({f"META_ADS_PG_{name}": value for name, value in known.items()})
    assert psycopg.conninfo.conninfo_to_dict(address) == {
        "host": "h",
        "port": "5432",
        "user": "ann@127.0.0.1/x",
        "password": "p:w' /d",
        "dbname": "a b",
    }


def test_a_ledgers_wrong_address_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(deliveries.LedgerError, match="is not a database URL"):
        deliveries.read("postgresql://u:p@h:x/d")
    assert deliveries.read(f"sqlite:///{tmp_path}/no/such/folder.db") == []


def test_a_ledger_that_is_not_there_or_in_use(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    assert deliveries.read(url) == []
    assert not list(tmp_path.iterdir())
    with Ledger.open(url) as ledger:
        ledger.history.note(ledger.begin_run(), [Figure("people", "records_received", "", 3)])
        with pytest.raises(deliveries.LedgerError, match="in use by another run"):
            deliveries.read(url)
    assert [one.counts for one in deliveries.read(url)] == [{"received": 3}]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "META_ADS_PG_USER, META_ADS_PG_PASSWORD, META_ADS_PG_DATABASE: not set."),
        ({"USER": "u", "PASSWORD": "p"}, "META_ADS_PG_DATABASE: not set."),
        (
            {"USER": "u", "PASSWORD": "p", "DATABASE": "d", "PORT": "here"},
            "META_ADS_PG_PORT must be a number, not 'here'.",
        ),
    ],
)
def test_settings_that_are_missing(known: Mapping[str, str], said: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        command.database({f"META_ADS_PG_{name}": value for name, value in known.items()})
    assert str(caught.value).startswith(said)


def test_the_command_says_in_a_sentence_what_is_wrong(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "report.html"
    for name, value in database.environment().items():
        monkeypatch.setenv(name, value)
    assert command.main(["--output", str(output)]) == 1
    assert "The schema meta_ads is not the star schema" in capsys.readouterr().err

    monkeypatch.setenv("META_ADS_PG_PASSWORD", "s3cret-w0rd")
    monkeypatch.setenv("META_ADS_PG_PORT", "1")
    assert command.main(["--output", str(output)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The warehouse cannot be asked: connection failed: ")
    assert "refused" in said
    assert "META_ADS_PG_HOST" in said
    assert "s3cret-w0rd" not in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())
    for days in ("0", "9999999", "²"):
        with pytest.raises(SystemExit):
            command.main(["--days", days])
        assert f"from 1 to 3660, not '{days}'" in capsys.readouterr().err


def test_a_star_schema_without_rows(database: Database, tmp_path: Path) -> None:
    with psycopg.connect(database.url()) as connection:
        connection.execute("create schema meta_ads")
        connection.execute(
            "create table meta_ads.agg_campaign_daily (account_id bigint, date_day date,"
            " received_at timestamptz)"
        )
        connection.execute(
            "create table meta_ads.dim_account (account_id bigint, timezone_name text)"
        )
    with pytest.raises(WarehouseError, match="has no figures yet: run `meltano run"):
        write(database.url(), f"sqlite:///{tmp_path}/none.db", tmp_path / "report.html")


def delivered(
    connection: psycopg.Connection, number: int, currency: str, first: date, last: date
) -> None:
    """Have an account, named like its currency, spend 1 on each of some days."""
    known = {"number": number, "currency": currency, "first": first, "last": last, "at": NOW}
    connection.execute(
        "insert into meta_ads.dim_account"
        " values (%(number)s, %(currency)s, %(currency)s, 'UTC', 100)",
        known,
    )
    connection.execute(
        "insert into meta_ads.agg_campaign_daily"
        " select %(number)s, %(currency)s, %(currency)s, 7, 'Spring', day, %(at)s, 1, 100, 1, 2, 3"
        " from generate_series(%(first)s::date, %(last)s::date, interval '1 day') as day",
        known,
    )


def test_the_warehouse_is_asked_for_the_days_of_the_tiles_too(database: Database) -> None:
    last = NOW.date() - timedelta(days=1)
    with psycopg.connect(database.url()) as connection:
        connection.execute(STAR_SCHEMA)
        delivered(connection, 1, "USD", last - timedelta(days=99), last)
        delivered(connection, 2, "EUR", last - timedelta(days=99), last - timedelta(days=27))
        delivered(connection, 3, "SEK", last - timedelta(days=99), last - timedelta(days=28))
    for days, known, currencies in ((14, 56, 2), (30, 56, 3), (90, 90, 3)):
        found = warehouse.ask(database.url(), days=days, today=NOW.date())
        assert (found.since, found.through) == (last - timedelta(days=days - 1), last)
        assert sum(one["currency"] == "USD" for one in found.rows["days"]) == known
        assert len(found.rows["currencies"]) == currencies
        (spent,) = (one["spend"] for one in found.rows["campaigns"] if one["currency"] == "USD")
        assert spent == days
        assert "audiences" not in found.rows


def test_a_page_that_cannot_be_written_is_a_sentence(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with psycopg.connect(database.url()) as connection:
        connection.execute(STAR_SCHEMA)
        delivered(connection, 1, "USD", date(2026, 11, 1), date(2026, 11, 2))
    for name, value in database.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TARGET_META_ADS_LEDGER_URL", f"sqlite:///{tmp_path}/none.db")
    output = tmp_path / "no" / "report.html"
    assert command.main(["--output", str(output)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"The page cannot be written to {output}: No such file or directory.")
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_each_stay_in_an_audience_counts(database: Database) -> None:
    paused, today = date(2026, 8, 20), NOW.date()
    with psycopg.connect(database.url()) as connection:
        connection.execute(STAR_SCHEMA)
        delivered(connection, 1, "USD", paused - timedelta(days=9), paused)
        connection.execute(
            """
            create schema activation;
            create table activation.audience_members (
                audience_name text, external_id text, operation text, member_since date,
                left_at timestamptz
            );
            insert into activation.audience_members values
                ('lapsed', 'came back', 'add', '2026-11-12', null),
                ('lapsed', 'recent', 'add', '2026-10-25', null),
                ('lapsed', 'older', 'add', '2026-10-24', null),
                ('lapsed', 'gone', 'remove', '2026-11-21', '2026-11-21 06:30:00+00'),
                ('quiet', 'gone', 'remove', '2026-08-01', '2026-10-24 23:30:00+00')
            """
        )
    found = warehouse.ask(database.url(), days=90, today=today)
    assert "moves" not in found.rows
    assert in_and_out(found) == {
        "lapsed": ("3", page.UNKNOWN, page.UNKNOWN),
        "quiet": ("0", page.UNKNOWN, page.UNKNOWN),
    }
    assert "there is no snapshot <code>snap_activation__members</code>" in render(found)

    with psycopg.connect(database.url()) as connection:
        connection.execute(
            """
            create schema meta_ads_snapshots;
            create table meta_ads_snapshots.snap_activation__members (
                audience_name text, external_id text, dbt_valid_from timestamp,
                dbt_valid_to timestamp
            );
            insert into meta_ads_snapshots.snap_activation__members values
                ('lapsed', 'came back', '2026-08-01 06:30:00', '2026-11-10 06:30:00'),
                ('lapsed', 'came back', '2026-11-12 06:30:00', null),
                ('lapsed', 'recent', '2026-10-25 00:00:00', null),
                ('lapsed', 'older', '2026-10-24 23:59:59', null),
                ('lapsed', 'gone', '2026-11-21 00:30:00', '2026-11-21 06:30:00'),
                ('quiet', 'gone', '2026-08-01 06:30:00', '2026-10-24 23:30:00')
            """
        )
    found = warehouse.ask(database.url(), days=90, today=today)
    moves = found.rows["moves"]
    assert [(one["date_day"].isoformat(), one["joined"], one["left"]) for one in moves] == [
        ("2026-10-25", 1, 0),
        ("2026-11-10", 0, 1),
        ("2026-11-12", 1, 0),
        ("2026-11-21", 1, 1),
    ]
    assert in_and_out(found) == {"lapsed": ("3", "3", "2"), "quiet": ("0", "0", "0")}


def render(found: Findings) -> str:
    return page.render(found, [], title="Meta ads", made_at=NOW)


def in_and_out(found: Findings) -> dict[str, tuple[str, ...]]:
    """Read the members of each audience, and who came and went, out of the page's table."""
    _, _, part = render(found).partition('<section id="audiences">')
    rows = re.findall(r"<bdi>(\w+)</bdi></th>(.*?)</tr>", part.partition("</section>")[0])
    return {name: tuple(re.findall(r'<td class="n">(.*?)</td>', cells)) for name, cells in rows}


def test_the_days_of_the_star_schema() -> None:
    assert warehouse.number_of(date(2026, 3, 1)) == 20260301
