"""The tables for people hold all that the fact holds, in the fact's own types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def test_a_measure_of_the_fact_is_in_the_tables_for_people(parsed: Path) -> None:
    text = (parsed / "manifest.json").read_text(encoding="utf-8")
    nodes: dict[str, Any] = json.loads(text)["nodes"]

    def types(model: str) -> dict[str, str]:
        columns = nodes[f"model.meta_ads.{model}"]["columns"]
        return {name: column["data_type"] for name, column in columns.items()}

    fact = types("fact_core_metrics")
    assert fact.items() <= types("obt_ad_daily").items()
    # a campaign-day may have more raw rows than an integer counts
    finer = {"adset_id", "ad_id", "source_rows"}
    assert {name: type_ for name, type_ in fact.items() if name not in finer}.items() <= types(
        "agg_campaign_daily"
    ).items()
