"""Every setting, stream, table, column, variable and command that documentation names exists."""

from __future__ import annotations

import pytest

from tests.docs import pages
from tests.docs.foreign import FOREIGN, OWN_TESTS
from tests.docs.known import known
from tests.docs.pages import Page
from tests.docs.words import Known, unknown

CHECKED = [page for page in pages.every() if page.path not in OWN_TESTS]
LITTLE = Known(
    words=frozenset({"page_size", "ads_insights"}),
    tables={"meta_ads": frozenset({"dim_ad", "dim_adset"}), "tap_meta_ads": frozenset({"ads"})},
    variables=frozenset({"TAP_META_ADS_PAGE_SIZE"}),
    targets=frozenset({"demo"}),
    plugins=frozenset({"tap-meta-ads", "dbt-postgres", "to-warehouse"}),
    flags={"tap-meta-ads": frozenset({"--config"})},
    paths=frozenset({"docs", "docs/index.md"}),
)


@pytest.mark.parametrize("page", CHECKED, ids=lambda page: page.path)
def test_every_name_exists(page: Page) -> None:
    # What others call their own stands beside ours on pages for those who come from there.
    column = "ours" if page.path.startswith("docs/migration/") else ""
    foreign = {*FOREIGN[""], *FOREIGN.get(page.path, {})}
    assert unknown(page, known(), foreign, column) == []


def test_no_foreign_name_is_left_over() -> None:
    for path, words in FOREIGN.items():
        mentioned = "\n".join(
            span.text for page in CHECKED if path in {"", page.path} for span in page.spans
        )
        assert [word for word in words if word not in mentioned] == [], path


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("page_size", []),
        ("page_sise", ["page_sise"]),
        ("{page_sise: 3}", []),
        ("page_size: 3, paeg_size: 4", ["paeg_size"]),
        ("TAP_META_ADS_PAGE_SIZE=5", []),
        ("TAP_META_ADS_PAGE_SISE=5", ["TAP_META_ADS_PAGE_SISE"]),
        ("TAP_META_ADS_*", []),
        ("TAP_META_ADS_X*", ["TAP_META_ADS_X*"]),
        ("dim_ad", []),
        ("dim_*", []),
        ("dim_bad", ["dim_bad"]),
        ("fact_*", ["fact_*"]),
        ("meta_ads.dim_ad", []),
        ("meta_ads.ads", ["meta_ads.ads"]),
        ("tap_meta_ads.ads", []),
        ("select dim_ax from meta_ads.dim_ad", ["dim_ax"]),
        ("make demo", []),
        ("make demos", ["make demos"]),
        (".venv/bin/meltano run tap-meta-ads dbt-postgres:build", []),
        ("meltano run to-warehouse --force", []),
        ("meltano run tap-facebook", ["tap-facebook"]),
        ("tap-meta-ads --config config.json", []),
        ("tap-meta-ads --confg config.json", ["tap-meta-ads --confg"]),
        ("docs/index.md", []),
        ("docs/", []),
        ("docs/indexes.md", ["docs/indexes.md"]),
        ("elsewhere/indexes.md", []),
        ("some_file.json", []),
        ("spend", []),
    ],
)
def test_a_name_in_code_is_told_from_others(code: str, missing: list[str]) -> None:
    assert unknown(Page("page.md", f"Text with `{code}` in it."), LITTLE) == missing


def test_a_name_of_others_is_spared_where_it_is_listed() -> None:
    page = Page("page.md", "`their_name` and `no_name`")
    assert unknown(page, LITTLE, ["their_name"]) == ["no_name"]


def test_one_column_of_a_table_is_checked_alone() -> None:
    page = Page("page.md", "`their_x`\n\n| Theirs | Ours |\n|---|---|\n| `their_y` | `our_z` |\n")
    assert unknown(page, LITTLE, column="ours") == ["our_z"]
    assert unknown(page, LITTLE) == ["their_x", "their_y", "our_z"]
