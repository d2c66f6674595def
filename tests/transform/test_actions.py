"""Actions by type and window, and reach, after a first and a second build on both engines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.transform import raw
from tests.transform.raw import AD, CAMPAIGN, EURO, GONE_CAMPAIGN, OTHER_AD, action, insight, month
from tests.transform.warehouses import PAID_MEDIA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.transform.warehouses import Warehouse

DAY, NEXT_DAY = "2026-03-01", "2026-03-02"
VANISHING = "120210000000000009"
MONTH = (DAY, "2026-03-31")
OTHER_MONTH, CUT_MONTH = ("2026-02-01", "2026-02-28"), ("2026-02-10", "2026-02-12")
CUSTOM = "offsite_conversion.custom.120210000000000077"

ACTIONS = """
    select
        date_id || ' ' || right(cast(ad_id as text), 1) as ad_day,
        coalesce(types.action_type, '-') || ' '
            || coalesce(windows.attribution_window, '-') as what,
        facts.actions,
        facts.action_value,
        facts.spend,
        facts.source_rows
    from meta_ads.fact_action_metrics as facts
    inner join meta_ads.dim_action_type as types using (action_type_id)
    inner join meta_ads.dim_attribution_window as windows using (attribution_window_id)
"""
PURCHASES = """
    select
        sum(case when chosen.is_chosen then facts.actions end) as purchases,
        sum(case when chosen.is_chosen then facts.action_value end) as purchase_value,
        sum(facts.spend) as spend
    from meta_ads.fact_action_metrics as facts
    left join (
        select action_type_id, attribution_window_id, true as is_chosen
        from meta_ads.dim_action_type
        cross join meta_ads.dim_attribution_window
        where family = 'purchase' and not is_rollup and attribution_window = 'default'
    ) as chosen using (action_type_id, attribution_window_id)
"""
REACH = """
    select level, period, date_id, cast(date_start as text) as date_start,
        cast(date_stop as text) as date_stop,
        cast(campaign_id as text) as campaign, reach, impressions
    from meta_ads.fact_reach
    order by level, date_id, ad_id, campaign_id
"""
# One purchase on the website, under the names that Meta gives it, within a day of a click.
ONE_PURCHASE = [
    action("omni_purchase", "1", d1_click=1, d7_click=1),
    action("purchase", "1", d1_click=1, d7_click=1),
    action("onsite_web_purchase", 1),
    action("onsite_web_app_purchase", 1),
    action("web_in_store_purchase", 1),
    action("offsite_conversion.fb_pixel_purchase", "1", d1_click=1, d7_click=1),
]


def load_first_run(warehouse: Warehouse) -> None:
    run = raw.FIRST_RUN
    warehouse.load(
        "ads_insights",
        run.rows(
            insight(
                AD,
                DAY,
                impressions=100,
                spend=Decimal("10.25"),
                clicks=3,
                reach=60,
                frequency=Decimal("1.666667"),
                actions=[*ONE_PURCHASE, action(CUSTOM, 1, d7_click=1), action("somersault", 4)],
                action_values=[
                    action("omni_purchase", "20.50"),
                    action("offsite_conversion.fb_pixel_purchase", 20.5, d7_click="20.50"),
                ],
                conversions=[action("contact_website", 2), action("somersault", 9)],
            ),
            insight(OTHER_AD, NEXT_DAY, impressions=20, spend=Decimal("0.20"), reach=20),
        ),
    )
    warehouse.load(
        "custom_conversions",
        run.rows({"id": CUSTOM.rsplit(".", 1)[1], "account_id": EURO, "name": "Newsletter"}),
    )
    warehouse.load(
        "campaigns_insights_monthly",
        run.rows(
            month(CAMPAIGN, *MONTH, impressions=120, spend=Decimal("10.45"), reach=70),
            # campaigns that no other stream has
            month(GONE_CAMPAIGN, *MONTH, impressions=5, spend=Decimal(1), reach=5),
            month(CAMPAIGN, *MONTH, impressions=4, reach=4) | {"campaign_id": VANISHING},
            # some days of a month
            month(GONE_CAMPAIGN, *CUT_MONTH, impressions=2, reach=2),
        ),
    )


def load_second_run(warehouse: Warehouse) -> None:
    """Read the first day again: a type has vanished, one has a new window, and reach has grown."""
    run = raw.SECOND_RUN
    warehouse.load(
        "ads_insights",
        run.rows(
            insight(
                AD,
                DAY,
                impressions=101,
                spend=Decimal("10.50"),
                clicks=3,
                reach=61,
                actions=[*ONE_PURCHASE, action("comment", 3, d28_click=3)],
                action_values=[action("offsite_conversion.fb_pixel_purchase", 30)],
            ),
        ),
    )
    warehouse.load(
        "campaigns_insights_monthly",
        run.rows(
            month(CAMPAIGN, *MONTH, impressions=121, spend=Decimal("10.70"), reach=500),
            month(GONE_CAMPAIGN, *OTHER_MONTH, impressions=9, reach=8),
        ),
    )
    # some days of the month again, as `start_date` and `end_date` cut it
    warehouse.load(
        "campaigns_insights_monthly",
        raw.THIRD_RUN.rows(month(CAMPAIGN, DAY, NEXT_DAY, impressions=121, reach=81)),
    )


Actions = dict[tuple[str, str], tuple[Decimal | int | None, ...]]


def found_actions(warehouse: Warehouse) -> Actions:
    rows = [tuple(row.values()) for row in warehouse.rows(ACTIONS)]
    found = {(row[0], row[1]): row[2:] for row in rows}
    assert len(found) == len(rows)
    return found


def expected(day: str, figures: Mapping[str, tuple[int, float | None]]) -> Actions:
    rows: Actions = {}
    for what, (actions, value) in figures.items():
        rows[day, what] = (Decimal(actions), None if value is None else Decimal(value), None, 0)
    return rows


PURCHASED: dict[str, tuple[int, float | None]] = {
    "onsite_web_purchase default": (1, None),
    "onsite_web_app_purchase default": (1, None),
    "web_in_store_purchase default": (1, None),
}
for _name in ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase"):
    for _window in ("default", "1d_click", "7d_click"):
        PURCHASED[f"{_name} {_window}"] = (1, None)
UNCHANGED = {("20260302 2", "- -"): (None, None, Decimal("0.20"), 1)}
FIRST = (
    expected(
        "20260301 1",
        {
            **PURCHASED,
            "omni_purchase default": (1, 20.5),
            "offsite_conversion.fb_pixel_purchase default": (1, 20.5),
            "offsite_conversion.fb_pixel_purchase 7d_click": (1, 20.5),
            f"{CUSTOM} default": (1, None),
            f"{CUSTOM} 7d_click": (1, None),
            "somersault default": (4, None),
            "contact_website default": (2, None),
        },
    )
    | {("20260301 1", "- -"): (None, None, Decimal("10.25"), 1)}
    | UNCHANGED
)
SECOND = (
    expected(
        "20260301 1",
        {
            **PURCHASED,
            "offsite_conversion.fb_pixel_purchase default": (1, 30),
            "comment default": (3, None),
            "comment 28d_click": (3, None),
        },
    )
    | {("20260301 1", "- -"): (None, None, Decimal("10.50"), 1)}
    | UNCHANGED
)


def test_actions_and_reach_follow_the_raw_tables(warehouse: Warehouse) -> None:
    load_first_run(warehouse)
    first = warehouse.build(*PAID_MEDIA)
    assert first.code == 0, first.output
    assert found_actions(warehouse) == FIRST
    assert warehouse.rows(PURCHASES) == [
        {
            "purchases": Decimal(1),
            "purchase_value": Decimal("20.50"),
            "spend": Decimal("10.45"),
        }
    ]
    assert [tuple(row.values()) for row in warehouse.rows(REACH)] == [
        ("ad", "day", 20260301, DAY, DAY, CAMPAIGN, 60, 100),
        ("ad", "day", 20260302, NEXT_DAY, NEXT_DAY, CAMPAIGN, 20, 20),
        ("campaign", "month", 20260201, *CUT_MONTH, GONE_CAMPAIGN, 2, 2),
        ("campaign", "month", 20260301, *MONTH, CAMPAIGN, 70, 120),
        ("campaign", "month", 20260301, *MONTH, GONE_CAMPAIGN, 5, 5),
        ("campaign", "month", 20260301, *MONTH, VANISHING, 4, 4),
    ]
    assert unlisted_types(warehouse) == [
        (CUSTOM, "Newsletter", True, CUSTOM.rsplit(".", 1)[1]),
        ("somersault", "somersault", None, None),
    ]
    nested = ("warn_attribution_windows_nest", "warn_reach_of_campaigns_fits_that_of_ads")
    assert {first.statuses[name] for name in nested} == {"pass"}

    load_second_run(warehouse)
    second = warehouse.build(*PAID_MEDIA)
    assert second.code == 0, second.output
    assert found_actions(warehouse) == SECOND
    # More people than all ads together can have reached, and the purchase within 7 days of a click
    # that 28 days, which the comments show to have been asked for, do not have.
    assert {second.statuses[name] for name in nested} == {"warn"}
    # One campaign is no longer in the account's month, of which two days were then read again; of
    # the other account March was not read, and February in place of some days of it.
    assert [tuple(row.values()) for row in warehouse.rows(REACH)] == [
        ("ad", "day", 20260301, DAY, DAY, CAMPAIGN, 61, 101),
        ("ad", "day", 20260302, NEXT_DAY, NEXT_DAY, CAMPAIGN, 20, 20),
        ("campaign", "month", 20260201, *OTHER_MONTH, GONE_CAMPAIGN, 8, 9),
        ("campaign", "month", 20260301, *MONTH, CAMPAIGN, 500, 121),
        ("campaign", "month", 20260301, *MONTH, GONE_CAMPAIGN, 5, 5),
    ]
    assert unlisted_types(warehouse) == []


def unlisted_types(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Members that are there because some account-day has them."""
    rows = warehouse.rows(
        "select action_type, action_type_name, is_rollup, "
        "cast(custom_conversion_id as text) as custom from meta_ads.dim_action_type "
        "where not is_listed and action_type_id <> 0 order by action_type"
    )
    return [tuple(row.values()) for row in rows]
