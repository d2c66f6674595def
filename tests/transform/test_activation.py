"""What reverse ETL is given as time goes by and the CRM changes, on Postgres and on DuckDB."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.transform.warehouses import PostgresWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.transform.warehouses import Outcome, Warehouse

TODAY, NEXT_DAY, NEXT_WEEK = "2026-03-10", "2026-03-11", "2026-03-17"

MODELS = (
    "path:models/staging/crm",
    "path:models/intermediate/activation",
    "path:snapshots/snap_activation__members.sql",
    "path:models/marts/activation",
)

PRIMARY_KEYS = """
    select conrelid::regclass::text as name, pg_get_constraintdef(oid) as key
    from pg_constraint
    where contype = 'p' and connamespace = 'activation'::regnamespace
"""


def customer(number: int) -> str:
    """Give an id of the example; a float could not tell it from the next."""
    return str(900_000_000_000_000_000 + number)


HANNAH, ETIENNE, LUCA, MARIA, SEAN, PRIYA, EMILY, JONAS, ASA = map(
    customer, (1, 6, 9, 10, 15, 20, 21, 2, 45)
)
NOBODY, HANNAHS_TILL, HANNAHS_NEWSLETTER, PAUL = map(customer, (52, 54, 55, 56))


def variables(today: str, leaving: str = "0.5") -> tuple[str, str]:
    """Give the same text for the same day, since dbt parses all anew when it differs."""
    return "--vars", f"{{activation_today: '{today}', max_leaving_ratio: {leaving}}}"


def build(warehouse: Warehouse, today: str, *arguments: str, leaving: str = "0.5") -> Outcome:
    """Build what activation is made of, from the CRM as it is in the warehouse."""
    return warehouse.build("--select", *MODELS, *variables(today, leaving), *arguments)


def seed(warehouse: Warehouse) -> None:
    seeded = warehouse.dbt("seed", "--select", "path:seeds/crm", *variables(TODAY))
    assert seeded.code == 0, seeded.output


def execute(warehouse: Warehouse, *statements: str) -> None:
    warehouse.execute([(statement, []) for statement in statements])


def a_week_passes(warehouse: Warehouse) -> None:
    execute(
        warehouse,
        "update crm_example.crm_orders set days_ago = days_ago + 7",
        "update crm_example.crm_leads set days_ago = days_ago + 7",
        "update crm_example.crm_customers set created_days_ago = created_days_ago + 7, "
        "deleted_days_ago = deleted_days_ago + 7",
    )


def buy(warehouse: Warehouse, order: str, buyer: str, status: str = "paid") -> None:
    execute(
        warehouse,
        "insert into crm_example.crm_orders (order_id, customer_id, days_ago, time_of_day, status, "
        "is_test, amount, currency, channel, num_items) "
        f"values ('{order}', '{buyer}', 1, '12:00:00', '{status}', false, 20, 'EUR', 'web', 1)",
    )


def answer(consent: str) -> str:
    """Give the statement that has one of a person's records say so."""
    return (
        f"update crm_example.crm_customers set marketing_consent = {consent} "
        f"where customer_id = '{HANNAHS_TILL}'"
    )


def members(warehouse: Warehouse) -> dict[tuple[str, str], dict[str, Any]]:
    rows = warehouse.rows("select * from activation.audience_members")
    return {(row["audience_name"], row["external_id"]): row for row in rows}


def operations(warehouse: Warehouse) -> dict[tuple[str, str], str]:
    return {key: row["operation"] for key, row in members(warehouse).items()}


def added(warehouse: Warehouse) -> set[tuple[str, str]]:
    return {key for key, operation in operations(warehouse).items() if operation == "add"}


def stays(warehouse: Warehouse, audience: str, who: str) -> list[bool]:
    """Tell of each stay in an audience, the first first, whether it has ended."""
    rows = warehouse.rows(
        "select dbt_valid_to is not null as ended from meta_ads_snapshots.snap_activation__members "
        f"where audience_name = '{audience}' and external_id = '{who}' order by dbt_valid_from"
    )
    return [row["ended"] for row in rows]


def events(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    rows = warehouse.rows(
        "select *, cast(extract(epoch from event_time) as bigint) as instant "
        "from activation.conversion_events"
    )
    return {row["event_id"]: row for row in rows}


def table(project: Path, name: str) -> list[dict[str, str]]:
    with (project / "seeds" / "crm" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def people(project: Path) -> Iterator[list[dict[str, str]]]:
    """Give the records of each person of the example, the oldest first."""
    records: Mapping[str, list[dict[str, str]]] = defaultdict(list)
    for row in table(project, "crm_customers"):
        address = row["email"].strip().lower()
        own = "@" in address and address != "no-email@example.org"
        records[address if own else row["customer_id"]].append(row)
    for same in records.values():
        yield sorted(same, key=lambda row: -int(row["created_days_ago"]))


def consenting(project: Path) -> dict[str, str]:
    """Give the people who agree, by each of their records."""
    found = {}
    for records in people(project):
        answers = {row["marketing_consent"] for row in records if not row["deleted_days_ago"]}
        if "true" in answers and "false" not in answers:
            found.update({row["customer_id"]: records[0]["customer_id"] for row in records})
    return found


def expected_purchases(project: Path) -> dict[str, tuple[str, Decimal, str]]:
    """Give the purchases that Meta takes: event, person, amount and currency, off the seeds."""
    agreed = consenting(project)
    return {
        f"purchase-{row['order_id']}": (
            agreed[row["customer_id"]],
            Decimal(row["amount"]),
            row["currency"].upper(),
        )
        for row in table(project, "crm_orders")
        if row["customer_id"] in agreed
        and (row["status"], row["is_test"]) == ("paid", "false")
        and Decimal(row["refunded_amount"] or 0) < Decimal(row["amount"])
        and 0 <= int(row["days_ago"]) < (62 if row["channel"] == "store" else 7)
    }


def test_memberships_begin_end_and_begin_again(warehouse: Warehouse) -> None:
    seed(warehouse)
    # the last day that keeps her from lapsing is within the week
    execute(
        warehouse, f"update crm_example.crm_orders set days_ago = 178 where customer_id = '{JONAS}'"
    )
    first = build(warehouse, TODAY)
    assert first.code == 0, first.output

    if isinstance(warehouse, PostgresWarehouse):
        # tap-postgres takes a table's primary key as the key of its stream
        assert {row["name"]: row["key"] for row in warehouse.rows(PRIMARY_KEYS)} == {
            "activation.audience_members": "PRIMARY KEY (audience_name, external_id)",
            "activation.conversion_events": "PRIMARY KEY (event_id)",
        }

    rows = members(warehouse)
    assert {row["operation"] for row in rows.values()} == {"add"}
    assert {row["left_at"] for row in rows.values()} == {None}
    hannah = rows["high_value", HANNAH]
    assert (hannah["email"], hannah["birth_date"].isoformat(), hannah["zip"]) == (
        "hannah.becker@example.com",
        "1988-04-12",
        "10115",
    )
    assert rows["lapsed", MARIA]["value"] is None
    # what JPY she spent does not count in what she is worth in USD
    spent = warehouse.rows(
        "select sum(amount) as usd from crm_example.crm_orders "
        f"where customer_id = '{EMILY}' and upper(currency) = 'USD' and days_ago <= 365"
    )
    expected = spent[0]["usd"] * Decimal(500) / Decimal(550)
    assert abs(rows["high_value", EMILY]["value"] - expected) < Decimal("0.001")
    no_members = {HANNAHS_TILL, HANNAHS_NEWSLETTER, ETIENNE, LUCA, NOBODY, PAUL}
    assert not no_members & {who for _, who in rows}
    assert ("lapsed", JONAS) not in rows

    a_week_passes(warehouse)
    buy(warehouse, "SO-20001", MARIA)
    execute(
        warehouse,
        answer("false"),
        f"update crm_example.crm_customers set deleted_days_ago = 1 where customer_id = '{PRIYA}'",
        f"delete from crm_example.crm_customers where customer_id = '{SEAN}'",
    )
    second = build(warehouse, NEXT_WEEK)
    assert second.code == 0, second.output
    before, rows = rows, members(warehouse)
    changed = {
        ("lapsed", JONAS): "add",
        ("lapsed", ASA): "remove",
        ("lapsed", MARIA): "remove",
        ("lapsed", PRIYA): "remove",
        ("lapsed", SEAN): "remove",
        ("high_value", HANNAH): "remove",
    }
    assert {key: row["operation"] for key, row in rows.items()} == {
        **dict.fromkeys(before, "add"),
        **changed,
    }
    assert all((row["left_at"] is None) == (row["operation"] == "add") for row in rows.values())
    assert rows["lapsed", PRIYA]["email"] == "priya.patel@example.org"
    known = {name for name, value in rows["lapsed", SEAN].items() if value is not None}
    assert known == {"audience_name", "external_id", "operation", "member_since", "left_at"}

    execute(
        warehouse,
        "update crm_example.crm_orders set status = 'refunded' where order_id = 'SO-20001'",
        answer("null"),
    )
    # what a full refresh builds again does not forget who left
    third = build(warehouse, NEXT_WEEK, "--full-refresh")
    assert third.code == 0, third.output
    assert operations(warehouse) == {
        **dict.fromkeys(rows, "add"),
        ("lapsed", ASA): "remove",
        ("lapsed", PRIYA): "remove",
        ("lapsed", SEAN): "remove",
    }
    assert stays(warehouse, "lapsed", MARIA) == [True, False]
    assert stays(warehouse, "high_value", HANNAH) == [True, False]
    assert stays(warehouse, "lapsed", SEAN) == [True]
    kept = warehouse.rows("select * from meta_ads_snapshots.snap_activation__members")[0]
    assert {name for name in kept if not name.startswith("dbt_")} == {
        "audience_name",
        "external_id",
    }


# On Postgres the demo does so, see tests/test_pipeline.py.
@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_the_example_may_stand_still_while_a_day_goes_by(warehouse: Warehouse) -> None:
    seed(warehouse)
    found = {}
    for today in (TODAY, NEXT_DAY):
        days = f"{{activation_today: '{today}', crm_example_today: '{TODAY}'}}"
        built = warehouse.build("--select", *MODELS, "--vars", days)
        assert built.code == 0, built.output
        found[today] = (operations(warehouse), events(warehouse))
    (first, _), (second, sold) = found[TODAY], found[NEXT_DAY]
    assert second == {**first, ("lapsed", ASA): "remove"}
    assert set(first.values()) == {"add"}
    # The events stay where they were, and the order of the new day has come.
    assert set(sold) - set(found[TODAY][1]) == {"purchase-SO-10201"}
    assert sold["purchase-SO-10201"]["external_id"] == ASA
    assert all(
        sold[name]["instant"] == row["instant"]
        for name, row in found[TODAY][1].items()
        if name in sold
    )


def test_events_keep_their_ids_from_build_to_build(warehouse: Warehouse, project: Path) -> None:
    seed(warehouse)
    first = build(warehouse, TODAY)
    assert first.code == 0, first.output
    found = events(warehouse)
    purchases = {
        name: (row["external_id"], row["value"], row["currency"])
        for name, row in found.items()
        if row["event_name"] == "Purchase"
    }
    assert purchases == expected_purchases(project)
    leads = {row["lead_id"]: row for row in table(project, "crm_leads")}
    for name, row in found.items():
        if row["event_name"] == "Lead":
            lead = leads[name.removeprefix("lead-")]
            assert row["lead_id"] in {lead["lead_id"], None}
            assert lead["marketing_consent"] == "true"
            assert row["external_id"] not in {ETIENNE, PAUL}
    assert {len(row["lead_id"]) for row in found.values() if row["lead_id"]} == {15, 16, 17, 18}

    again = build(warehouse, TODAY)
    assert again.code == 0, again.output
    assert events(warehouse) == found

    a_week_passes(warehouse)
    buy(warehouse, "SO-20002", MARIA)
    later = build(warehouse, NEXT_WEEK)
    assert later.code == 0, later.output
    kept = events(warehouse)
    assert {row["action_source"] for name, row in kept.items() if name in found} == {
        "physical_store"
    }
    assert kept.keys() - found.keys() == {"purchase-SO-20002"}
    assert all(row == found[name] for name, row in kept.items() if name in found)


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_a_crm_that_has_lost_its_customers_removes_nobody(warehouse: Warehouse) -> None:
    seed(warehouse)
    select = ("--select", *MODELS, *variables(TODAY))
    # `dbt run` takes no snapshot, so there is none yet
    run = warehouse.dbt("run", *select)
    assert run.code == 0, run.output
    everybody = added(warehouse)
    assert build(warehouse, TODAY).code == 0
    assert added(warehouse) == everybody

    # a build that reads no rows at all
    assert warehouse.dbt("build", "--empty", *select).code == 0
    assert members(warehouse) == {}
    assert build(warehouse, TODAY).code == 0
    assert added(warehouse) == everybody
    assert all(stays(warehouse, *key) == [False] for key in everybody)

    execute(warehouse, "delete from crm_example.crm_customers")
    stopped = build(warehouse, TODAY)
    assert stopped.code == 1
    assert "members of the audience high_value would leave it" in stopped.output
    assert "max_leaving_ratio" in stopped.output
    assert warehouse.dbt("run", *select).code == 1
    assert added(warehouse) == everybody

    meant = build(warehouse, TODAY, leaving="1")
    assert meant.code == 0, meant.output
    assert operations(warehouse) == dict.fromkeys(everybody, "remove")
