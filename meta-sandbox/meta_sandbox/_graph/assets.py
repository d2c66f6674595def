"""The lesser objects of an account: conversions, images, videos, labels, pixels, leads.

Each is a node that carries its fields with it. They follow from the seed like all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._graph.views import Node, Values, extra_data
from meta_sandbox._world import draw as d
from meta_sandbox._world import metrics as m
from meta_sandbox._world import names
from meta_sandbox._world.objects import utc_stamp

if TYPE_CHECKING:
    from collections.abc import Collection

    from meta_sandbox._world.objects import Account, Ad
    from meta_sandbox._world.world import World

_DAY = 86_400
_LEAD_DAYS = 90
_LEADS_A_DAY = 1_000
_CONVERSIONS = 2
_LABELS = 2


def conversions(world: World, account: Account) -> list[Node]:
    """Return the custom conversions of an account."""
    found = []
    for place in range(_CONVERSIONS):
        stamp = account.stamp(account.created + (place + 1) * _DAY)
        found.append(
            Node(
                "CustomConversion",
                {
                    "id": d.encode_id(world.seed, d.CONVERSION, account.number * 1_000 + place),
                    "account_id": account.account_id,
                    "name": f"Thank-you page {place + 1}",
                    "custom_event_type": ("PURCHASE", "LEAD")[place % 2],
                    "creation_time": stamp,
                    "first_fired_time": stamp,
                    "last_fired_time": account.stamp(world.anchor),
                    "default_conversion_value": 0,
                    "is_archived": False,
                    "is_unavailable": False,
                    "pixel": {"id": account.pixel_id},
                    "retention_days": 0,
                    "rule": extra_data(url={"i_contains": "thanks"}),
                },
            )
        )
    return found


def images(world: World, account: Account, hashes: Collection[str] | None = None) -> list[Node]:
    """Return the ad images of an account, one per creative without a video.

    Args:
        world: The world.
        account: The account.
        hashes: Only images with these hashes.
    """
    found = []
    for creative in world.creatives(account):
        if creative.has_video:
            continue
        image_hash = d.hex_digest(world.seed, d.IMAGE, creative.number)
        if hashes is not None and image_hash not in hashes:
            continue
        stamp = account.stamp(creative.created)
        found.append(
            Node(
                "AdImage",
                {
                    "id": f"{account.account_id}:{image_hash}",
                    "account_id": account.account_id,
                    "hash": image_hash,
                    "name": f"{creative.name}.jpg",
                    "created_time": stamp,
                    "updated_time": stamp,
                    "creatives": [creative.id],
                    "width": 1080,
                    "height": 1080,
                    "original_width": 2160,
                    "original_height": 2160,
                    "is_associated_creatives_in_adgroups": True,
                    "permalink_url": f"https://images.example/p/{image_hash}",
                    "status": "ACTIVE",
                    "url": f"https://images.example/{image_hash}.jpg",
                    "url_128": f"https://images.example/128/{image_hash}.jpg",
                },
            )
        )
    return found


def videos(world: World, account: Account) -> list[Node]:
    """Return the ad videos of an account: one per creative with a video."""
    return [
        Node(
            "AdVideo",
            {
                "id": d.encode_id(world.seed, d.VIDEO, creative.number),
                "title": creative.name,
                "description": names.BODIES[creative.number % len(names.BODIES)],
                "created_time": utc_stamp(creative.created),
                "updated_time": utc_stamp(creative.created),
                "length": 15.034,
                "permalink_url": f"/{account.page_id}/videos/{creative.number}/",
                "picture": f"https://images.example/v/{creative.number}.jpg",
                "published": True,
                "status": {"video_status": "ready"},
                "views": d.between(10, 90_000, d.draws(world.seed, d.VIDEO, creative.number)[0]),
            },
        )
        for creative in world.creatives(account)
        if creative.has_video
    ]


def labels(world: World, account: Account) -> list[Node]:
    """Return the ad labels of an account."""
    return [
        Node(
            "AdLabel",
            {
                "id": d.encode_id(world.seed, d.LABEL, account.number * _LABELS + place),
                "name": ("Evergreen 🌲", "Test; A/B")[place % 2],
                "account": Node("AdAccount", account),
                "created_time": account.stamp(account.created),
                "updated_time": account.stamp(account.created),
            },
        )
        for place in range(_LABELS)
    ]


def pixels(world: World, account: Account) -> list[Node]:
    """Return the pixel of an account."""
    return [
        Node(
            "AdsPixel",
            {
                "id": account.pixel_id,
                "name": f"{account.name} pixel",
                "creation_time": account.stamp(account.created),
                "data_use_setting": "ADVERTISING_AND_ANALYTICS",
                "enable_automatic_matching": True,
                "first_party_cookie_status": "FIRST_PARTY_COOKIE_ENABLED",
                "is_created_by_business": True,
                "is_unavailable": False,
                "last_fired_time": account.stamp(world.anchor),
                "owner_ad_account": Node("AdAccount", account),
            },
        )
    ]


_EVENTS = {
    "name": ("update_{}_name", "{} name changed"),
    "status": ("update_{}_run_status", "{} status changed"),
}
_KINDS = {"Campaign": "campaign", "AdSet": "ad_set", "Ad": "ad"}
_OBJECT_TYPES = {"Campaign": "CAMPAIGN_GROUP", "AdSet": "CAMPAIGN", "Ad": "ADGROUP"}


def activities(world: World, account: Account, since: float, until: float) -> list[Node]:
    """Return what was done to an account's objects between two instants, newest first."""
    now = world.clock.seconds()
    found: list[tuple[int, Values]] = []
    for thing in (*world.campaigns(account), *world.ad_sets(account), *world.ads(account)):
        kind = type(thing).__name__
        common: Values = {
            "actor_id": d.encode_id(world.seed, d.USER, 0),
            "actor_name": "Robin Maker",
            "application_id": "100000000000001",
            "application_name": "Ads Manager",
            "object_id": thing.id,
            "object_name": thing.name_at(now),
            "object_type": _OBJECT_TYPES[kind],
        }
        events = [(thing.created, f"create_{_KINDS[kind]}", f"{kind} created", "")]
        for change in thing.changes:
            event, text = _EVENTS[change.attribute]
            events.append((change.at, event.format(_KINDS[kind]), text.format(kind), change.value))
        for at, event, text, value in events:
            if since <= at <= min(until, now):
                found.append(
                    (
                        at,
                        {
                            **common,
                            "event_time": utc_stamp(at),
                            "date_time_in_timezone": account.stamp(at),
                            "event_type": event,
                            "translated_event_type": text,
                            "extra_data": extra_data(new_value=value) if value else "{}",
                        },
                    )
                )
    found.sort(key=lambda pair: (-pair[0], str(pair[1]["object_id"])))
    return [Node("AdActivity", values) for _, values in found]


def leads(world: World, ad: Ad, since: float) -> list[Node]:
    """Return the leads an ad's form collected after an instant, newest first.

    They are as many as the action ``onsite_conversion.lead_grouped`` counts. Meta keeps them for
    90 days.
    """
    now = world.clock.now().astimezone(ad.account.zone)
    today, found = now.toordinal(), []
    for first, last in ad.delivery_days:
        for day in range(max(first, today - _LEAD_DAYS), min(last, today) + 1):
            cell = m.cell(world.seed, ad, day, today, now.hour)
            for nth in range(cell.counts[m.FORM_LEAD] if cell else 0):
                lead = _lead(world, ad, day, nth)
                if since < lead[0] <= now.timestamp():
                    found.append(lead)
    return [Node("Lead", values) for _, values in sorted(found, key=lambda pair: -pair[0])]


def _lead(world: World, ad: Ad, day: int, nth: int) -> tuple[int, Values]:
    u = d.draws(world.seed, d.LEAD, ad.number, day * _LEADS_A_DAY + nth)
    # Not later than the hours that today's figures cover, so that counts and leads agree.
    at = ad.account.instant(day) + d.between(0, 3_599, u[0])
    first, last = d.pick(names.FIRST_NAMES, u[1]), d.pick(names.LAST_NAMES, u[2])
    return at, {
        "id": f"9{u[6]:05d}{u[7]:05d}{u[8]:05d}{u[9] % 100:02d}",
        "created_time": utc_stamp(at),
        "ad_id": ad.id,
        "ad_name": ad.name_at(at),
        "adset_id": ad.ad_set.id,
        "adset_name": ad.ad_set.name_at(at),
        "campaign_id": ad.campaign.id,
        "campaign_name": ad.campaign.name_at(at),
        "form_id": d.encode_id(world.seed, d.FORM, ad.account.number),
        "is_organic": False,
        "platform": ("fb", "ig")[u[3] % 2],
        "field_data": [
            {"name": "full_name", "values": [f"{first} {last}"]},
            {"name": "email", "values": [f"{first}.{last}.{u[4]}@example.com".lower()]},
            {"name": "phone_number", "values": [f"+1202555{u[5] % 10_000:04d}"]},
        ],
    }
