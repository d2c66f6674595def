"""One page about what was paid for, what came of it, and what went back to Meta.

`write` makes it from the warehouse and the ledger of target-meta-ads; `python -m report` calls that
with the settings of .env. The page is one file that opens without a network.

    warehouse   the questions to PostgreSQL
    deliveries  what the ledger tells of the target's runs
    figures     rows into what the page shows, pure
    charts      the same as Vega-Lite, pure
    page        the whole as HTML, pure
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from report import deliveries, page, warehouse
from report.warehouse import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 90
"""How many days the page's charts and lists go back."""


def write(
    url: str, ledger: str, output: Path, *, days: int = DAYS, title: str = "Meta ads"
) -> Path:
    """Write the page.

    Args:
        url: The warehouse, as a URL or a connection string of libpq.
        ledger: The target's setting `ledger_url`. What cannot be read is told on the page.
        output: The file, replaced as a whole.
        days: How many days charts and lists go back. Tiles and audiences are of 28 days.
        title: Its heading.

    Raises:
        WarehouseError: The warehouse cannot be asked.
        OSError: The file cannot be written.
    """
    made_at = datetime.now(timezone.utc)
    findings = warehouse.ask(url, days=days, today=made_at.date())
    remark = ""
    runs: list[deliveries.Delivery] = []
    try:
        runs = deliveries.read(ledger)
    except deliveries.LedgerError as error:
        remark = str(error)
    text = page.render(findings, runs, title=title, made_at=made_at, remark=remark)
    partly = output.with_name(f"{output.name}.part")
    partly.write_text(text, encoding="utf-8")
    partly.replace(output)
    return output


__all__ = ["DAYS", "WarehouseError", "write"]
