"""The streams of objects, as campaigns, activities and leads."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, time, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from tap_meta_ads.dates import default_first_day
from tap_meta_ads.entities.listing import instant
from tap_meta_ads.entities.tracks import entity_track
from tap_meta_ads.fields import Asked
from tap_meta_ads.streams.base import MetaStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import msgspec
    from singer_sdk.singerlib import MetadataMapping

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.engine.tasks import Track
    from tap_meta_ads.entities.definitions import Entity
    from tap_meta_ads.tap import TapMetaAds

LEFT_OUT = "left_out"
"""Member of the state: objects that the bookmark does not count for, since they were left out."""


class EntityStream(MetaStream):
    """Campaigns, ads and other objects of an account.

    Args:
        tap: The tap.
        entity: Which.
    """

    def __init__(self, tap: TapMetaAds, entity: Entity) -> None:
        self.entity = entity
        super().__init__(tap, entity.name, entity.kinds(tap.settings.api_version), (entity.key,))
        if entity.is_incremental:
            self.replication_key = entity.replication_key
        else:
            self.state_partitioning_keys = []

    @property
    @override
    def metadata(self) -> MetadataMapping:
        metadata = super().metadata
        if self._tap_input_catalog is None:
            for name in self.entity.unselected:
                metadata["properties", name].selected_by_default = False
        return metadata

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        if not self.replication_key:
            return None
        return [{"account_id": account.id} for account in self.meta_tap.accounts.all]

    @override
    def track(self, account: Account) -> Track:
        settings = self.meta_tap.settings
        now = self.meta_tap.now()
        start = settings.start_date or default_first_day(now.date())
        state = self._state(account)
        left_out = state.get(LEFT_OUT)
        return entity_track(
            self.entity,
            account=account,
            asked=Asked(
                self.entity.asked(self.columns, settings.api_version),
                needed={self.entity.key, self.entity.replication_key},
                left_out=self.tally(account).left_out,
                log=self.log_of(account),
            ),
            since=instant(state.get("replication_key_value")),
            # The day begins where it begins first on Earth.
            start=datetime.combine(start, time(), timezone.utc) - timedelta(hours=14),
            started=now,
            include_deleted=settings.include_deleted,
            page=min(self.entity.page, settings.page_size or self.entity.page),
            log=self.log_of(account),
            behind=frozenset(map(str, left_out if isinstance(left_out, list) else ())),
        )

    def _state(self, account: Account) -> Mapping[str, Any]:
        """How far it was read; empty to read all, as with `replication-method: FULL_TABLE`."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return {}
        state = self.get_context_state({"account_id": account.id})
        return state if state.get("report") == self._fingerprint else {}

    @override
    def read(self, raws: list[msgspec.Raw], account: Account) -> Sequence[Any]:
        return self.fast.plain(raws, account.id)

    @override
    def done(self, account: Account, result: Any) -> None:
        if result.denied and self.meta_tap.settings.on_account_error == "fail":
            raise result.denied
        if self.replication_method != REPLICATION_INCREMENTAL or result.read_to is None:
            return
        state = self.get_context_state({"account_id": account.id})
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = result.read_to.isoformat()
        state["report"] = self._fingerprint
        state.pop(LEFT_OUT, None)
        if result.left_out:
            state[LEFT_OUT] = list(result.left_out)
        self.commit()

    @cached_property
    def _fingerprint(self) -> str:
        """Changes when objects read before would now have other columns, or be others."""
        definition = [sorted(self.columns), self.meta_tap.settings.include_deleted]
        return hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:16]
