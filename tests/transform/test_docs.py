"""The documentation as one page: made without a network, and read without one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.docs.fetched import BY_STYLE, EXTERNAL, Fetched

if TYPE_CHECKING:
    from tests.transform.warehouses import Warehouse


def test_the_page_holds_every_mart_and_asks_nobody(warehouse: Warehouse) -> None:
    made = warehouse.dbt("docs", "generate", "--static")
    assert made.code == 0, made.output
    target = warehouse.scratch / "target"
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    page = (target / "static_index.html").read_text(encoding="utf-8")

    marts = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]
    assert {"dim_creative", "obt_ad_daily", "agg_campaign_daily"} <= {m["name"] for m in marts}
    for mart in marts:
        assert json.dumps(mart["description"]) in page, mart["name"]
        for name, column in mart["columns"].items():
            assert json.dumps(column["description"]) in page, f"{mart['name']}.{name}"

    fetched = Fetched()
    fetched.feed(page)
    # the styles stand inside of the script
    addresses = [*fetched.addresses, *BY_STYLE.findall(page)]
    assert [address for address in addresses if EXTERNAL.match(address)] == []
    # dbt's page has one script of others, a tracker; it starts by this flag of the project alone
    starts = re.findall(r"\.src=\"//([^\"]+)\"", page)
    assert len(starts) == 1, starts
    assert re.search(r"track:\w+\.send_anonymous_usage_stats\b", page)
    assert re.search(r"!0===\w+\.track&&\w+\.turn_on_tracking\(\)", page)
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    assert '"send_anonymous_usage_stats": false' in page
    assert '"send_anonymous_usage_stats": true' not in page
