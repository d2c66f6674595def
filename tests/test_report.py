"""The report page: what it sums, what it draws, and that it holds in a browser, offline."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import vl_convert

from report import charts, deliveries, figures, page
from report.deliveries import Delivery
from report.warehouse import Findings
from target_meta_ads.ledger import RunFigure
from tests.report_samples import MONDAY, row, sums

if TYPE_CHECKING:
    from pathlib import Path


NOW = datetime(2026, 11, 21, 7, tzinfo=timezone.utc)
HOSTILE = '</script><script>alert("1")</script><!-- & \u2028 🎉 \u202e'

DAYS = [
    (MONDAY + timedelta(days=n), sums(10 + n, value=20, clicks=5, impressions=100))
    for n in range(10)
]
RUN = Delivery(
    "activation-conversion_events",
    7,
    NOW,
    counts={"received": 5, "delivered": 3, "unchanged": 0, "rejected": 2},
    reasons={"weak_match_keys": 2},
    keys={"email": (3, 5), "phone": (0, 5)},
    dropped={"email": {"placeholder": 1}},
)
CHARTS = {
    "spend": charts.spend(DAYS),
    "ratio": charts.ratio("roas", "ROAS", charts.TEAL, DAYS, list(figures.rolling(DAYS, 7))),
    "ranking": charts.ranking(
        figures.listed([row("one", sums(5, value=9)), row("two", sums(3)), row(HOSTILE, sums(2))]),
        "Spend",
    ),
    "ages": charts.ages([("18-24", "female", sums(3)), ("65+", "Unknown", sums(1))], "spend", "S"),
    "windows": charts.windows([("1 day after a click", Decimal(4), None)]),
    "pacing": charts.pacing([(MONDAY, Decimal(9), Decimal(5)), (MONDAY, None, None)]),
    "moves": charts.moves([("lapsed", MONDAY, 9, 1)]),
    "runs": charts.runs([RUN]),
    "keys": charts.match_keys(RUN),
    "nothing": charts.spend([]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_drawn(name: str) -> None:
    svg = vl_convert.vegalite_to_svg({**CHARTS[name], "width": 300})
    drawn = ET.fromstring(svg)
    assert drawn.tag.endswith("svg")


def test_a_campaign_without_roas_has_a_grey_bar() -> None:
    svg = vl_convert.vegalite_to_svg({**CHARTS["ranking"], "width": 300})
    bars = re.findall(r'aria-roledescription="bar"[^>]* fill="([^"]+)"', svg)
    grey = "#8d97a8"
    assert len(bars) == 3
    assert bars[0] != grey
    assert bars[1:] == [grey, grey]


def test_a_day_is_the_same_day_in_every_time_zone() -> None:
    days = [value["day"] for value in CHARTS["spend"]["data"]["values"]]
    assert days[0] == "2026-11-16T00:00:00"


def figure(name: str, detail: str, value: int, run: int = 1) -> RunFigure:
    return RunFigure(run, NOW, "people", name, detail, value)


def test_the_ledgers_figures_are_put_together_again() -> None:
    (found,) = deliveries.deliveries(
        [
            figure("records_received", "", 5),
            figure("records_rejected", "", 2),
            figure("records_rejected_by_code", "100/2804003", 2),
            figure("match_key_filled", "email", 3),
            figure("match_key_records", "email", 5),
            figure("match_key_dropped", "email placeholder", 1),
            figure("something_newer", "", 1),
        ]
    )
    assert found.counts == {"received": 5, "rejected": 2}
    assert found.reasons == {"100/2804003": 2}
    assert found.keys == {"email": (3, 5)}
    assert found.dropped == {"email": {"placeholder": 1}}


def test_the_newest_run_is_one_that_had_records() -> None:
    runs = deliveries.deliveries(
        [figure("records_received", "", 5), figure("records_received", "", 0, run=2)]
    )
    assert [one.run for one in deliveries.newest(runs)] == [1]


def findings(name: str = "Spring", **more: list[dict[str, Any]]) -> Findings:
    """Give what a warehouse says of one account whose things have a name."""
    measured = {**row(name, sums("1234.56", value=5000, clicks=50, impressions=900)), "of": name}
    rows: dict[str, Any] = {
        "currencies": [{"currency": "USD", "minor_units": 100, "accounts": name}],
        "days": [{**measured, "date_day": MONDAY + timedelta(days=n)} for n in range(4)],
        "campaigns": [measured],
        "countries": [measured],
        "ages": [{**measured, "age_group": "18-24", "gender": None}],
        "windows": [
            {"currency": "USD", "name": "1 day", "purchases": Decimal(3), "purchase_value": None}
        ],
        "budget_days": [
            {"currency": "USD", "date_day": MONDAY, "planned": Decimal(9), "spend": None}
        ],
        "budgets": [{"currency": "USD", "name": name, "planned": Decimal(9), "spend": Decimal(3)}],
        "checks": [
            {"name": "c", "status": "warn", "observed": "1", "expected": "0", "detail": name},
            {"name": "d", "status": "pass", "observed": "0", "expected": "0", "detail": name},
        ],
        "accounts": [
            {
                "name": name,
                "currency": "USD",
                "timezone_name": None,
                "newest": None,
                "received_at": None,
            }
        ],
        "audiences": [{"name": name, "members": 3}],
        "moves": [{"name": name, "date_day": MONDAY, "joined": 1, "left": 2}],
        "without_currency": [],
        **more,
    }
    return Findings(MONDAY, MONDAY + timedelta(days=3), NOW, rows)


def render(found: Findings, runs: list[Delivery] | None = None, remark: str = "") -> str:
    return page.render(found, runs or [], title="Meta ads", made_at=NOW, remark=remark)


def without_scripts(text: str) -> str:
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def specs_of(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="specs">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    specs: dict[str, Any] = json.loads(found[1])
    return specs


def test_no_name_breaks_out_of_the_page() -> None:
    run = Delivery(HOSTILE, 1, NOW, {"received": 1}, {HOSTILE: 1}, {HOSTILE: (1, 2)})
    text = render(findings(HOSTILE), [run], remark=HOSTILE)
    assert "alert(" not in without_scripts(text).replace("alert(&#34;1&#34;)", "")
    assert text.count("<script") == 3
    assert text.count("</script>") == 3
    name = specs_of(text)["USD-campaigns"]["data"]["values"][0]["name"]
    assert name == HOSTILE


def test_the_page_asks_nobody_for_anything() -> None:
    text = render(findings())
    outside = without_scripts(text)
    assert not re.findall(r"https?://|src=|@import|url\(", outside)
    assert "default-src 'none'" in outside


def test_every_place_of_a_chart_has_one_and_every_chart_a_place() -> None:
    text = render(findings(), [RUN])
    assert set(re.findall(r'data-chart="([^"]+)"', text)) == set(specs_of(text))


def test_figures_stand_on_the_page_to_the_cent_and_what_is_unknown_is_a_dash() -> None:
    text = render(findings())
    assert "1,234.56" in text
    assert '<td class="n">33 %</td>' in text  # 3 of 9 that were planned
    assert "4,938.24" in text  # four days of it, in the tile
    assert f'<td class="n">{page.UNKNOWN}</td>' in text


def test_yen_have_no_cents() -> None:
    yen = {"currency": "USD", "minor_units": 1, "accounts": "A"}
    text = render(findings(currencies=[yen]))
    assert "4,938<" in text


def test_a_page_without_audiences_runs_or_budgets_says_so() -> None:
    found = findings(budgets=[], windows=[])
    rows = {name: one for name, one in found.rows.items() if name not in {"audiences", "moves"}}
    text = render(Findings(found.since, found.through, NOW, rows))
    assert "knows of no run yet" in text
    assert "activation.audience_members" in text
    assert "No campaign had a budget" in text
    assert "No purchases in these days" in text


def test_what_is_missing_is_said() -> None:
    text = render(findings(currencies=[], checks=[]), remark="The ledger is in use.")
    assert "No campaign ran in these days." in text
    assert "<code>load_validation</code> is empty" in text
    assert "All of them passed" not in text
    assert "The ledger is in use." in text
    assert "knows of no run" not in text
    text = render(findings(without_currency=[{"days": 3, "impressions": 1200}]))
    assert "3 days of campaigns with 1,200 impressions" in text
    account = {"name": "Idle", "currency": "USD", "timezone_name": None, "received_at": None}
    for newest, is_named in ((MONDAY, True), (MONDAY + timedelta(days=3), False)):
        text = render(findings(accounts=[{**account, "newest": newest}]))
        assert ("<bdi>Idle</bdi> (newest" in text) == is_named


def test_tiles_are_of_28_days_on_a_page_of_fewer_and_of_more() -> None:
    through = MONDAY + timedelta(days=69)
    days = [
        {**row("", sums(2 if n < 42 else 1)), "date_day": MONDAY + timedelta(days=n)}
        for n in range(70)
    ]
    for length in (14, 30, 70):
        rows = findings(days=days).rows
        text = render(Findings(through - timedelta(days=length - 1), through, NOW, rows))
        assert "Last 28 complete days against the 28 before;" in text
        assert "<b>28.00</b>" in text
        assert ">-50 %<" in text
        specs = specs_of(text)
        assert len(specs["USD-spend"]["data"]["values"]) == length
        # Seven days are known on the first of a page, if there are days before it.
        rolled = specs["USD-roas"]["layer"][1]["data"]["values"]
        assert len(rolled) == min(length, 64)
    text = render(Findings(MONDAY, through, NOW, findings(days=days[-40:]).rows))
    assert "<b>28.00</b>" in text
    assert "the 28 before" not in text


def test_a_currency_of_the_tiles_alone_has_empty_charts() -> None:
    lists = ("campaigns", "countries", "ages", "windows", "budget_days", "budgets")
    rows = {**findings().rows, **{name: [] for name in lists}}
    since = MONDAY + timedelta(days=10)
    text = render(Findings(since, since, NOW, rows))
    assert "4,938.24" in text
    specs = specs_of(text)
    assert specs["USD-spend"]["data"]["values"] == []
    for spec in specs.values():
        assert vl_convert.vegalite_to_svg({**spec, "width": 300})


def test_records_that_were_not_delivered_are_told() -> None:
    run = Delivery("people", 1, NOW, {"received": 9, "delivered": 4, "undelivered": 5})
    assert run.told == ["received", "delivered", "unchanged", "rejected", "undelivered"]
    text = render(findings(), [run])
    assert '<th class="n">Undelivered</th>' in text
    drawn = specs_of(text)["runs-0"]["data"]["values"]
    assert {value["outcome"]: value["records"] for value in drawn} == {
        "delivered": 4,
        "unchanged": 0,
        "rejected": 0,
        "undelivered": 5,
    }


def test_of_many_budgets_the_largest_are_shown() -> None:
    budgets = [
        {"currency": "USD", "name": f"b{n}", "planned": Decimal(100 - n), "spend": Decimal(1)}
        for n in range(30)
    ]
    text = render(findings(budgets=budgets))
    assert "<bdi>b9</bdi>" in text
    assert "<bdi>b10</bdi>" not in text
    assert "<bdi>20 others</bdi>" in text


def test_a_moment_is_told_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert page.moment(datetime(2026, 11, 21, 8, 30, tzinfo=tokyo)) == "2026-11-20 23:30 UTC"


def test_several_currencies_are_chosen_between(tmp_path: Path) -> None:
    two = [
        {"currency": currency, "minor_units": 100, "accounts": currency}
        for currency in ("USD", "EUR")
    ]
    text = render(findings(currencies=two))
    assert re.findall(r'data-currency="(\w+)" aria-pressed="(\w+)"', text) == [
        ("USD", "true"),
        ("EUR", "false"),
    ]
    assert "<bdi>EUR</bdi>" in text
    assert "data-currency" not in without_scripts(render(findings()))
    assert not list(tmp_path.iterdir())


BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium to look at the page with")
def test_a_browser_draws_every_chart_that_can_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(findings(HOSTILE), [RUN]), encoding="utf-8")
    assert BROWSER is not None
    done = subprocess.run(
        [
            *(
                BROWSER,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--enable-logging=stderr",
            ),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1280,9000"),
            *("--virtual-time-budget=9000", "--dump-dom", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    shown = without_scripts(done.stdout)
    assert shown.count("data-chart=") == len(specs_of(done.stdout))
    assert shown.count("<svg") == shown.count("data-chart=")
    assert not re.findall(r"CONSOLE.*(?:Uncaught|Refused|Error)", done.stderr)
