"""Entity streams as data. A new one is five lines here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
        edge: Edge of the account that lists it; empty for the account itself.
        key: Its primary key.
        filter_prefix: Prefix of its fields in `filtering`, as `ad` in `ad.updated_time`; only
            objects with a delivery state have one.
        left_out: Fields that are not columns: copies of whole other objects.
        unselected: Columns that a user must select: Meta refuses them without a role of its own.
        page: Objects of a page, at first.
    """

    name: str
    class_name: str
    edge: str
    key: str = "id"
    filter_prefix: str = ""
    left_out: frozenset[str] = frozenset()
    unselected: frozenset[str] = frozenset()
    page: int = 500

    @property
    def is_incremental(self) -> bool:
        """Whether Meta tells when such an object was last changed, and filters by it."""
        return bool(self.filter_prefix)

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
            # GREATER_THAN is strict, and several changes can fall into one second.
            field = f"{self.filter_prefix}.updated_time"
            filters.append(_filter(field, "GREATER_THAN", updated_since - 1))
        return filters or None


def _filter(field: str, operator: str, value: object) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


ENTITIES = (
    Entity(
        "ad_accounts",
        "AdAccount",
        "",
        key="account_id",
        unselected=frozenset(
            """
            ad_account_promotable_objects agency_client_declaration expired_funding_source_details
            extended_credit_invoice_group funding_source funding_source_details io_number
            liable_address line_numbers marketing_messages_settings owner_business rf_spec
            send_bill_to_address sold_to_address tax_id tax_id_status tax_id_type
            user_access_expire_time viewable_business
            """.split()
        ),
    ),
    Entity(
        "campaigns",
        "Campaign",
        "campaigns",
        filter_prefix="campaign",
        left_out=frozenset({"source_campaign"}),
    ),
    Entity(
        "ad_sets",
        "AdSet",
        "adsets",
        filter_prefix="adset",
        left_out=frozenset({"campaign", "source_adset"}),
    ),
    Entity(
        "ads",
        "Ad",
        "ads",
        filter_prefix="ad",
        left_out=frozenset({"adset", "campaign", "source_ad"}),
    ),
    Entity("ad_creatives", "AdCreative", "adcreatives", page=100),
)
