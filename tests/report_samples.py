"""Rows of a made-up warehouse, for the tests of the report."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from report.figures import Sums

MONDAY = date(2026, 11, 16)


def sums(
    spend: object = None,
    *,
    value: object = None,
    purchases: object = None,
    clicks: int | None = None,
    impressions: int | None = None,
) -> Sums:
    given = {"spend": spend, "purchase_value": value, "purchases": purchases}
    money = {name: None if one is None else Decimal(str(one)) for name, one in given.items()}
    return Sums(**money, impressions=impressions, clicks=clicks)


def row(name: str, measured: Sums) -> dict[str, Any]:
    return {"currency": "USD", "name": name, **asdict(measured)}
