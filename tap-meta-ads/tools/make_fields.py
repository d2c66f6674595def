"""Make `tap_meta_ads/data/<version>.json` from a folder of Meta's field specs.

    python tap-meta-ads/tools/make_fields.py path/to/specs/v26 v26.0

Reads both notations in which Meta publishes its specs (the codegen's and the Java SDK's) and writes
one compact table: class, field, kind. Says what is new, gone and changed against the table that
was there, so that a new API version is a change of data that can be read.

Meta types most Insights metrics as plain strings, so which of them are counts, numbers or dates is
stated below, and so is which strings of an entity are money.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

CLASSES = (
    "AdAccount",
    "Campaign",
    "AdSet",
    "Ad",
    "AdCreative",
    "CustomAudience",
    "CustomConversion",
    "AdImage",
    "AdVideo",
    "AdLabel",
    "AdsPixel",
    "AdActivity",
    "Lead",
    "AdsInsights",
)

DATA = Path(__file__).parent.parent / "tap_meta_ads" / "data"

MONEY = re.compile(
    r"(^|_)(budget|spend_cap|budget_remaining|amount_spent|balance|min_spend_target)$"
    r"|^min_campaign_group_spend_cap$|^min_daily_budget$|^default_conversion_value$"
)

STATED = {
    # Ids, which are texts whatever the spec says: a loader that reads numbers as floating-point
    # would lose their last digits.
    ("CustomAudience", "rev_share_policy_id"): "string",
    ("CustomAudience", "seed_audience"): "string",
    # HTML, which the spec calls an object.
    ("AdVideo", "embed_html"): "string",
}
"""Class and field whose kind does not follow from the type in the spec."""

INSIGHTS_INTEGERS = frozenset(
    """
    clicks configurable_reachbyfrequency_converters_count
    configurable_reachbyfrequency_impressions_count
    configurable_reachbyfrequency_reach advanced_reach_1d_lookback advanced_reach_7d_lookback
    advanced_reach_28d_lookback estimated_ad_recallers estimated_ad_recallers_lower_bound
    estimated_ad_recallers_upper_bound full_view_impressions full_view_reach impressions
    inline_link_clicks inline_post_engagement instagram_profile_follow instagram_profile_visits
    instagram_upcoming_event_reminders_set instant_experience_clicks_to_open
    instant_experience_clicks_to_start marketing_messages_delivered
    marketing_messages_link_btn_click marketing_messages_quick_reply_btn_click
    marketing_messages_read marketing_messages_sent messages_delivered product_views reach
    shops_assisted_purchases total_card_view total_postbacks unique_clicks
    unique_inline_link_clicks
    """.split()
)

INSIGHTS_DATES = frozenset({"created_time", "date_start", "date_stop", "updated_time"})

INSIGHTS_TEXTS = frozenset(
    """
    account_currency account_id account_name ad_id ad_name adset_end adset_id adset_name adset_start
    age_targeting anchor_event_attribution_setting anchor_events_performance_indicator
    attribution_setting buying_type campaign_id campaign_name conversion_rate_ranking
    creative_diversity_label creative_media_type engagement_rate_ranking gender_targeting labels
    location marketing_messages_spend_currency multi_event_conversion_attribution_setting objective
    opportunity_score_l4 optimization_goal place_page_name product_group_retailer_id
    product_retailer_id quality_ranking result_values_performance_indicator
    """.split()
)


def kind_of(type_name: str, name: str, class_name: str, enums: Collection[str] = ()) -> str:
    """The kind of a field, see `tap_meta_ads.fields.KINDS`.

    Args:
        type_name: Its type in the spec.
        name: Its name.
        class_name: Its class.
        enums: Names of the enums that the codegen's notation keeps in a file of their own.
    """
    plain = type_name.strip()
    if class_name == "AdsInsights":
        return _insights_kind(plain, name)
    if stated := STATED.get((class_name, name)):
        return stated
    if plain.lower().startswith(("list<", "vector<")):
        return "array"
    if MONEY.search(name) and plain.lower() in {"string", "long", "int", "unsigned int"}:
        return "number"
    scalars = {
        "string": "string",
        "datetime": "string",
        "long": "integer",
        "int": "integer",
        "unsigned int": "integer",
        "integer": "integer",
        "double": "number",
        "float": "number",
        "boolean": "boolean",
        "bool": "boolean",
    }
    if plain.startswith("Enum") or plain.endswith("_enum_param") or plain in enums:
        return "string"
    return scalars.get(plain.lower(), "object")


def _insights_kind(plain: str, name: str) -> str:  # noqa: PLR0911 - one per kind
    if "AdsActionStats" in plain:
        return "actions"
    if "AdsHistogramStats" in plain:
        return "histogram"
    if plain.lower().startswith("list<"):
        return "results"
    if name in INSIGHTS_INTEGERS:
        return "integer"
    if name in INSIGHTS_DATES:
        return "date"
    if name in INSIGHTS_TEXTS:
        return "string"
    return "number" if plain.lower() == "string" else "object"


ENUMS = {
    "action_attribution_windows": "EnumActionAttributionWindows",
    "action_breakdowns": "EnumActionBreakdowns",
    "breakdowns": "EnumBreakdowns",
}
"""Our name of each enum of Insights and the Java SDK's. The codegen names them after an edge."""


def table(folder: Path) -> dict[str, dict[str, str]]:
    """Class, field, kind; and for each enum of Insights its values, in place of fields."""
    shared = _shared_enums(folder)
    own = _spec(folder, "AdsInsights").get("enums", {})
    enums = {
        ours: sorted(own.get(java) or shared[f"adaccountinsights_{ours}_enum_param"])
        for ours, java in ENUMS.items()
    }
    made = {}
    for class_name in CLASSES:
        # Breakdowns stand among the fields of a row, but cannot be asked for as fields.
        left_out = set(enums["breakdowns"]) if class_name == "AdsInsights" else {"creative_id"}
        made[class_name] = {
            field["name"]: kind_of(field["type"], field["name"], class_name, shared)
            for field in sorted(_spec(folder, class_name)["fields"], key=itemgetter("name"))
            if field["name"] not in left_out
        }
    return made | {name: dict.fromkeys(values, "") for name, values in enums.items()}


def _spec(folder: Path, class_name: str) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((folder / f"{class_name}.json").read_text(encoding="utf-8"))
    return spec


def _shared_enums(folder: Path) -> dict[str, list[str]]:
    file = folder / "enum_types.json"
    enums = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return {enum["name"]: enum["values"] for enum in enums}


def differences(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> list[str]:
    """What changed, a line each."""
    lines = []
    for class_name in sorted(old.keys() | new.keys()):
        before, after = old.get(class_name, {}), new.get(class_name, {})
        for name in sorted(before.keys() | after.keys()):
            was, is_ = before.get(name), after.get(name)
            if was != is_:
                lines.append(f"{class_name}.{name}: {_said(was, 'new')} -> {_said(is_, 'gone')}")
    return lines


def _said(kind: str | None, absent: str) -> str:
    return absent if kind is None else kind or "a value"


def main() -> None:
    """Write the table and print what changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", type=Path, help="folder with one JSON file a class")
    parser.add_argument("version", help="as v26.0")
    arguments = parser.parse_args()
    if missing := [name for name in CLASSES if not (arguments.specs / f"{name}.json").exists()]:
        parser.error(f"{arguments.specs} has no spec of {', '.join(missing)}")
    target = DATA / f"{arguments.version}.json"
    old = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    new = table(arguments.specs)
    target.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(differences(old, new)) + "\n")


if __name__ == "__main__":
    main()
