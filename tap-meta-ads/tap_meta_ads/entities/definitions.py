"""Entity streams as data. A new one is five lines here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_meta_ads import fields

if TYPE_CHECKING:
    from collections.abc import Iterable

DELIVERY_STATES = (
    "active archived completed limited not_delivering deleted not_published pending_review "
    "permanently_deleted recently_completed recently_rejected rejected scheduled inactive"
).split()
"""All of Meta's delivery states. Without a filter that names them, archived and deleted objects
are left out of a listing."""


@dataclass(frozen=True)
class Entity:
    """One entity stream.

    Attributes:
        name: Name of the stream.
        class_name: Meta's class, whose fields are the columns.
        edge: Edge of the account that lists it; empty for the account itself. Leads hang on ads.
        key: Its primary key.
        replication_key: The time by which it is read incrementally; empty if it is read whole.
        filter_prefix: Prefix of its fields in `filtering`, as `ad` in `ad.updated_time`; only
            objects with a delivery state have one.
        left_out: Fields that are not columns: copies of whole other objects.
        unselected: Columns that a user must select: Meta refuses them without a role of its own,
            or they are large, or they differ on every run. Refused as a permission, they are left
            out of the request, and the stream goes on.
        identity: Fields that are asked for whether they are selected or not, since the key is
            made of them. Meta gives the objects no id.
        page: Objects of a page, at first; halved where Meta refuses it.
    """

    name: str
    class_name: str
    edge: str
    key: str = "id"
    replication_key: str = ""
    filter_prefix: str = ""
    left_out: frozenset[str] = frozenset()
    unselected: frozenset[str] = frozenset()
    identity: tuple[str, ...] = ()
    page: int = 500

    @property
    def is_incremental(self) -> bool:
        """Whether Meta tells when such an object was last changed or made, and filters by it."""
        return bool(self.replication_key)

    def kinds(self, version: str) -> dict[str, str]:
        """Column and kind: Meta's fields, the account, and the key where Meta has none.

        Args:
            version: API version, as `v26.0`.
        """
        table = fields.table(version, self.class_name)
        made = dict.fromkeys((self.key, "account_id"), "string")
        return made | {name: kind for name, kind in table.items() if name not in self.left_out}

    def asked(self, columns: Iterable[str], version: str) -> tuple[str, ...]:
        """What to ask of Meta, in order to write these columns.

        Args:
            columns: The selected columns.
            version: API version.
        """
        table = fields.table(version, self.class_name)
        wanted = dict.fromkeys((*columns, *self.identity))
        return tuple(name for name in wanted if name in table)

    def filtering(self, *, include_deleted: bool, updated_since: int | None) -> list[Any] | None:
        """Meta's filter for a listing.

        Args:
            include_deleted: Archived and deleted objects too.
            updated_since: Unix seconds; objects changed in that second or later.
        """
        if not self.filter_prefix:
            return None
        filters: list[dict[str, Any]] = []
        if include_deleted:
            filters.append(_filter(f"{self.filter_prefix}.delivery_info", "IN", DELIVERY_STATES))
        if updated_since is not None:
            filters.append(since_filter(f"{self.filter_prefix}.updated_time", updated_since))
        return filters or None


def since_filter(field: str, second: int) -> dict[str, Any]:
    """Meta's filter for what happened in a second or later.

    Args:
        field: A time, as `ad.updated_time`.
        second: Unix seconds.
    """
    # GREATER_THAN is strict, and several changes can fall into one second.
    return _filter(field, "GREATER_THAN", second - 1)


def _filter(field: str, operator: str, value: object) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


AD_ACCOUNTS = Entity(
    "ad_accounts",
    "AdAccount",
    "",
    key="account_id",
    # What a role in the account's billing or business opens.
    unselected=_names(
        """
        ad_account_promotable_objects agency_client_declaration expired_funding_source_details
        extended_credit_invoice_group funding_source funding_source_details io_number
        liable_address line_numbers marketing_messages_settings owner owner_business rf_spec
        send_bill_to_address sold_to_address tax_id tax_id_status tax_id_type
        user_access_expire_time viewable_business
        """
    ),
)
CAMPAIGNS = Entity(
    "campaigns",
    "Campaign",
    "campaigns",
    replication_key="updated_time",
    filter_prefix="campaign",
    left_out=_names("source_campaign"),
)
AD_SETS = Entity(
    "ad_sets",
    "AdSet",
    "adsets",
    replication_key="updated_time",
    filter_prefix="adset",
    left_out=_names("campaign source_adset"),
)
ADS = Entity(
    "ads",
    "Ad",
    "ads",
    replication_key="updated_time",
    filter_prefix="ad",
    left_out=_names("adset campaign source_ad"),
)
AD_CREATIVES = Entity("ad_creatives", "AdCreative", "adcreatives")
CUSTOM_AUDIENCES = Entity(
    "custom_audiences",
    "CustomAudience",
    "customaudiences",
    # Whole rules, and other audiences inside of one, are what makes Meta refuse pages as too large.
    unselected=_names(
        """
        excluded_custom_audiences fields_violating_integrity_policy included_custom_audiences
        messenger_marketing_messages_page owner_business regulated_audience_spec rule rule_v2
        """
    ),
    # Meta advises 20 where nothing is known of the audiences' size; they are small without rules.
    page=100,
)
CUSTOM_CONVERSIONS = Entity(
    "custom_conversions", "CustomConversion", "customconversions", unselected=_names("business")
)
AD_IMAGES = Entity("ad_images", "AdImage", "adimages", unselected=_names("owner_business"))
AD_VIDEOS = Entity(
    "ad_videos",
    "AdVideo",
    "advideos",
    # HTML and signed addresses that differ on every run, and what only the owning page may see.
    unselected=_names(
        """
        admin_creator audio_isrc boost_eligibility_info copyright copyright_check_information
        copyright_monitoring_status embed_html event expiration format from is_reference_only
        live_audience_count music_video_copyright place privacy replace_audio_status
        selected_audio_spec source
        """
    ),
)
AD_LABELS = Entity("ad_labels", "AdLabel", "adlabels")
AD_PIXELS = Entity(
    "ad_pixels",
    "AdsPixel",
    "adspixels",
    # `code` is the script to be put into web pages.
    unselected=_names("code config creator owner_business user_access_expire_time"),
)
ACTIVITIES = Entity(
    "activities",
    "AdActivity",
    "activities",
    replication_key="event_time",
    identity=("event_time", "event_type", "object_id", "actor_id", "application_id", "extra_data"),
)
LEADS = Entity("leads", "Lead", "leads", replication_key="created_time")

ENTITIES = (
    AD_ACCOUNTS,
    CAMPAIGNS,
    AD_SETS,
    ADS,
    AD_CREATIVES,
    CUSTOM_AUDIENCES,
    CUSTOM_CONVERSIONS,
    AD_IMAGES,
    AD_VIDEOS,
    AD_LABELS,
    AD_PIXELS,
    ACTIVITIES,
    LEADS,
)
