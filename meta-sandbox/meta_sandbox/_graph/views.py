"""How accounts, campaigns, ad sets, ads and creatives look in Graph: all the fields they have.

A value may be a ``Node``: another object, of which the request's ``fields`` select. Fields that are
not set are left out, as Meta does. Budgets are texts in minor units, instants are in the account's
time zone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, cast

from meta_sandbox._graph.audience_view import audience_view
from meta_sandbox._world import draw as d
from meta_sandbox._world import names
from meta_sandbox._world.objects import Account, Ad, AdSet, Campaign, Changing, Creative, utc_stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from meta_sandbox._world.audiences import Audience
    from meta_sandbox._world.world import World

Values = dict[str, object]


class Node(NamedTuple):
    """An object of Graph.

    Attributes:
        type: Meta's class name, for example ``AdSet``.
        thing: The object, or for lesser kinds its values.
    """

    type: str
    thing: object


_TIMEZONE_IDS = {
    "Pacific/Honolulu": 3,
    "Pacific/Auckland": 96,
    "Asia/Tokyo": 72,
    "Europe/Berlin": 47,
    "America/New_York": 7,
    "Asia/Kolkata": 71,
    "America/Sao_Paulo": 25,
    "Europe/London": 59,
}
_BILLING = {"OUTCOME_TRAFFIC": "LINK_CLICKS"}


def account_view(world: World, account: Account) -> Values:
    """Return an ad account's fields."""
    now = world.clock.seconds()
    u = d.draws(world.seed, d.BUSINESS, account.number)
    return {
        "id": account.id,
        "account_id": account.account_id,
        "name": account.name,
        "account_status": 1,
        "age": round((now - account.created) / 86_400, 6),
        "amount_spent": str(d.between(10_000, 9_000_000, u[0])),
        "balance": str(d.between(0, 90_000, u[1])),
        "business": Node(
            "Business", {"id": d.encode_id(world.seed, d.BUSINESS, 0), "name": "Made-up Holding"}
        ),
        "business_name": account.name,
        "business_country_code": "US",
        "capabilities": ["CAN_USE_REACH_AND_FREQUENCY", "HAS_AVAILABLE_PAYMENT_METHODS"],
        "created_time": account.stamp(account.created),
        "currency": account.currency,
        "disable_reason": 0,
        "end_advertiser": account.page_id,
        "end_advertiser_name": account.name,
        "fb_entity": 85,
        "has_migrated_permissions": True,
        "is_notifications_enabled": True,
        "is_personal": 0,
        "is_prepay_account": False,
        "is_tax_id_required": False,
        "min_campaign_group_spend_cap": "10000",
        "min_daily_budget": 100,
        "owner": d.encode_id(world.seed, d.BUSINESS, 0),
        "spend_cap": "0",
        "tax_id_status": 0,
        "timezone_id": _TIMEZONE_IDS[account.zone.key],
        "timezone_name": account.zone.key,
        "timezone_offset_hours_utc": _hours(account.offset(now)),
        "tos_accepted": {"web_custom_audience_tos": 1},
        "user_tasks": ["DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"],
    }


def _hours(seconds: int) -> float:
    """Write an offset in hours: a whole number where it is one."""
    return seconds // 3_600 if seconds % 3_600 == 0 else seconds / 3_600


def _common(thing: Changing, now: float) -> Values:
    status = thing.status_at(now)
    return {
        "id": thing.id,
        "account_id": thing.account.account_id,
        "name": thing.name_at(now),
        "status": status,
        "configured_status": status,
        "created_time": thing.account.stamp(thing.created),
        "updated_time": thing.account.stamp(thing.updated_at(now)),
    }


def campaign_view(world: World, campaign: Campaign) -> Values:
    """Return a campaign's fields."""
    now = world.clock.seconds()
    shared = campaign.number % 2 == 0
    values = _common(campaign, now) | {
        "effective_status": campaign.effective_status(now),
        "objective": campaign.objective,
        "buying_type": "AUCTION",
        "budget_rebalance_flag": False,
        "budget_remaining": str(campaign.budget_minor // 3),
        "can_use_spend_cap": True,
        "is_skadnetwork_attribution": False,
        "pacing_type": ["standard"],
        "smart_promotion_type": "GUIDED_CREATION",
        "source_campaign_id": "0",
        "special_ad_categories": [],
        "special_ad_category": "NONE",
        "start_time": campaign.account.stamp(campaign.created),
    }
    if shared:
        values |= {
            "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
            "daily_budget": str(campaign.budget_minor),
        }
    return values


def ad_set_view(world: World, ad_set: AdSet) -> Values:
    """Return an ad set's fields."""
    now = world.clock.seconds()
    account = ad_set.account
    clicks, _, views = ad_set.attribution.partition("_click")
    spec: list[Values] = [{"event_type": "CLICK_THROUGH", "window_days": int(clicks[:-1])}]
    if views:
        spec.append({"event_type": "VIEW_THROUGH", "window_days": 1})
    values = _common(ad_set, now) | {
        "effective_status": ad_set.effective_status(now),
        "campaign": Node("Campaign", ad_set.campaign),
        "campaign_id": ad_set.campaign.id,
        "attribution_spec": spec,
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "billing_event": _BILLING.get(ad_set.campaign.objective, "IMPRESSIONS"),
        "budget_remaining": str(ad_set.budget_minor // 2),
        "destination_type": "WEBSITE",
        "is_dynamic_creative": False,
        "learning_stage_info": {"status": "SUCCESS", "conversions": 50},
        "optimization_goal": ad_set.optimization_goal,
        "pacing_type": ["standard"],
        "promoted_object": {"pixel_id": account.pixel_id, "custom_event_type": "PURCHASE"},
        "start_time": account.stamp(ad_set.created),
        "targeting": {
            "age_max": 65,
            "age_min": 18 + ad_set.number % 10,
            "geo_locations": {"countries": ["US", "DE", "NZ"], "location_types": ["home"]},
            "targeting_automation": {"advantage_audience": ad_set.number % 2},
        },
    }
    if ad_set.campaign.number % 2:
        # Half of the campaigns hold the budget themselves; the rest leave it to their ad sets.
        values |= (
            {"lifetime_budget": str(ad_set.budget_minor * 30), "daily_budget": "0"}
            if ad_set.end
            else {"daily_budget": str(ad_set.budget_minor), "lifetime_budget": "0"}
        )
    if ad_set.end:
        values["end_time"] = account.stamp(ad_set.end)
    return values


def ad_view(world: World, ad: Ad) -> Values:
    """Return an ad's fields."""
    now = world.clock.seconds()
    values = _common(ad, now) | {
        "effective_status": ad.effective_status(now),
        "adset": Node("AdSet", ad.ad_set),
        "adset_id": ad.ad_set.id,
        "campaign": Node("Campaign", ad.campaign),
        "campaign_id": ad.campaign.id,
        "creative": Node("AdCreative", ad.creative),
        "bid_type": "ABSOLUTE_OCPM",
        "conversion_domain": "shop.example",
        "last_updated_by_app_id": "100000000000001",
        "preview_shareable_link": f"https://fb.example/{ad.number:x}",
        "source_ad_id": "0",
        "targeting": ad_set_view(world, ad.ad_set)["targeting"],
        "tracking_specs": [
            {"action.type": ["offsite_conversion"], "fb_pixel": [ad.account.pixel_id]}
        ],
    }
    if ad.number % 9 == 0:
        values["adlabels"] = [{"id": d.encode_id(world.seed, d.LABEL, ad.account.number * 2)}]
    if ad.review == "DISAPPROVED":
        values["ad_review_feedback"] = {
            "global": {"Misleading claims": "The ad promises too much."}
        }
        values["issues_info"] = [
            {
                "level": "AD",
                "error_code": 1815,
                "error_summary": "Disapproved",
                "error_type": "HARD_ERROR",
            }
        ]
    return values


def creative_view(world: World, creative: Creative) -> Values:
    """Return a creative's fields."""
    account, number = creative.account, creative.number
    link = f"https://shop.example/{number}?x=1&y=%20"
    body = names.BODIES[number % len(names.BODIES)]
    image_hash = d.hex_digest(world.seed, d.IMAGE, number)
    post = f"{account.page_id}_{d.encode_id(world.seed, d.POST, number)}"
    values: Values = {
        "id": creative.id,
        "creative_id": creative.id,
        "account_id": account.account_id,
        "name": creative.name,
        "actor_id": account.page_id,
        "authorization_category": "NONE",
        "body": body,
        "title": f"Title {number}",
        "call_to_action_type": "SHOP_NOW",
        "effective_object_story_id": post,
        "object_story_id": post,
        "object_type": "VIDEO" if creative.has_video else "SHARE",
        "status": "ACTIVE",
        "thumbnail_url": f"https://images.example/t/{image_hash}.jpg",
        "url_tags": "utm_source=facebook&utm_campaign={{campaign.name}}",
        "use_page_actor_override": False,
    }
    if creative.has_video:
        video_id = d.encode_id(world.seed, d.VIDEO, number)
        return values | {
            "video_id": video_id,
            "object_story_spec": {
                "page_id": account.page_id,
                "video_data": {
                    "video_id": video_id,
                    "message": body,
                    "call_to_action": {"type": "SHOP_NOW", "value": {"link": link}},
                },
            },
        }
    return values | {
        "image_hash": image_hash,
        "image_url": f"https://images.example/{image_hash}.jpg",
        "link_url": link,
        "object_story_spec": {
            "page_id": account.page_id,
            "link_data": {
                "link": link,
                "message": body,
                "name": creative.name,
                "image_hash": image_hash,
                "call_to_action": {"type": "SHOP_NOW", "value": {"link": link}},
            },
        },
    }


def page_view(_: World, account: Account) -> Values:
    """Return the fields of an account's Facebook page."""
    return {
        "id": account.page_id,
        "name": account.name,
        "category": "Shopping & Retail",
        "tasks": ["ANALYZE", "ADVERTISE", "MANAGE"],
    }


def form_view(world: World, account: Account) -> Values:
    """Return the fields of the lead form of an account's page."""
    return {
        "id": d.encode_id(world.seed, d.FORM, account.number),
        "name": "Newsletter form",
        "status": "ACTIVE",
        "locale": "en_US",
        "page_id": account.page_id,
        "created_time": utc_stamp(account.created),
    }


_VIEWS: dict[str, Callable[[World, object], Values]] = {
    "AdAccount": lambda world, thing: account_view(world, cast("Account", thing)),
    "Campaign": lambda world, thing: campaign_view(world, cast("Campaign", thing)),
    "AdSet": lambda world, thing: ad_set_view(world, cast("AdSet", thing)),
    "Ad": lambda world, thing: ad_view(world, cast("Ad", thing)),
    "AdCreative": lambda world, thing: creative_view(world, cast("Creative", thing)),
    "CustomAudience": lambda world, thing: audience_view(world, cast("Audience", thing)),
    "Page": lambda world, thing: page_view(world, cast("Account", thing)),
    "LeadgenForm": lambda world, thing: form_view(world, cast("Account", thing)),
}
#: Class of an object -> its type in Graph.
TYPES = {
    Account: "AdAccount",
    Campaign: "Campaign",
    AdSet: "AdSet",
    Ad: "Ad",
    Creative: "AdCreative",
}


def view(world: World, node: Node) -> Values:
    """Return all the fields that a node has; lesser kinds carry theirs with them."""
    make = _VIEWS.get(node.type)
    return cast("Values", node.thing) if make is None else make(world, node.thing)


def extra_data(**values: object) -> str:
    """Write an activity's ``extra_data``: an object inside a text."""
    return json.dumps(values, ensure_ascii=False)
