"""Which tasks read an entity stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_meta_ads.entities.activities import ActivitiesTrack
from tap_meta_ads.entities.definitions import ACTIVITIES, LEADS
from tap_meta_ads.entities.leads import LeadsTrack
from tap_meta_ads.entities.listing import EntityTrack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_meta_ads.entities.definitions import Entity

TRACKS: Mapping[str, type[EntityTrack]] = {
    ACTIVITIES.name: ActivitiesTrack,
    LEADS.name: LeadsTrack,
}
"""The streams that are more than a listing of an edge."""


def entity_track(entity: Entity, **more: Any) -> EntityTrack:  # noqa: ANN401 - its fields
    """The track of one entity stream of one account.

    Args:
        entity: Which stream.
        more: The other fields of `EntityTrack`.
    """
    return TRACKS.get(entity.name, EntityTrack)(entity=entity, **more)
