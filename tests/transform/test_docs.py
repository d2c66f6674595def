"""The documentation as one page: made without a network, and read without one."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.transform.warehouses import Warehouse

_EXTERNAL = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_FETCHED_BY_STYLE = re.compile(
    r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE
)


class Fetched(HTMLParser):
    """Collect what a browser would fetch for a page, by its markup and its styles."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        named = dict(attrs)
        if tag == "link" and "stylesheet" in (named.get("rel") or ""):
            self.addresses.append(named.get("href") or "")
        if tag in {"script", "img", "iframe", "source", "audio", "video", "embed"}:
            self.addresses.append(named.get("src") or "")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.addresses += _FETCHED_BY_STYLE.findall(data)


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
    addresses = [*fetched.addresses, *_FETCHED_BY_STYLE.findall(page)]
    assert [address for address in addresses if _EXTERNAL.match(address)] == []
    # dbt's page has one script of others, a tracker; it starts by this flag of the project alone
    starts = re.findall(r"\.src=\"//([^\"]+)\"", page)
    assert len(starts) == 1, starts
    assert re.search(r"track:\w+\.send_anonymous_usage_stats\b", page)
    assert re.search(r"!0===\w+\.track&&\w+\.turn_on_tracking\(\)", page)
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    assert '"send_anonymous_usage_stats": false' in page
    assert '"send_anonymous_usage_stats": true' not in page
