"""The filters of entity listings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_meta_ads.entities.definitions import DELIVERY_STATES, ENTITIES, Entity

CAMPAIGNS = Entity("campaigns", "Campaign", "campaigns", filter_prefix="campaign")
PLAIN = Entity("ad_creatives", "AdCreative", "adcreatives")

STATES = {"field": "campaign.delivery_info", "operator": "IN", "value": DELIVERY_STATES}


def since(second: int) -> dict[str, Any]:
    return {"field": "campaign.updated_time", "operator": "GREATER_THAN", "value": second}


@pytest.mark.parametrize(
    ("entity", "include_deleted", "updated_since", "expected"),
    [
        (CAMPAIGNS, True, None, [STATES]),
        (CAMPAIGNS, False, None, None),
        # The filter is strict, and two changes can fall into one second.
        (CAMPAIGNS, True, 1_700_000_000, [STATES, since(1_699_999_999)]),
        (CAMPAIGNS, False, 1_700_000_000, [since(1_699_999_999)]),
        (CAMPAIGNS, False, 0, [since(-1)]),
        (PLAIN, True, None, None),
        (PLAIN, False, 1_700_000_000, None),
    ],
)
def test_filtering(
    entity: Entity, *, include_deleted: bool, updated_since: int | None, expected: list[Any] | None
) -> None:
    made = entity.filtering(include_deleted=include_deleted, updated_since=updated_since)
    assert made == expected
    assert json.loads(json.dumps(made)) == expected


def test_deleted_and_archived_are_among_the_states() -> None:
    assert {"active", "archived", "deleted", "permanently_deleted"} <= set(DELIVERY_STATES)
    assert len(DELIVERY_STATES) == len(set(DELIVERY_STATES))


@pytest.mark.parametrize(
    ("name", "prefix"), [("campaigns", "campaign"), ("ad_sets", "adset"), ("ads", "ad")]
)
def test_what_tells_its_changes_is_incremental(name: str, prefix: str) -> None:
    (entity,) = [one for one in ENTITIES if one.name == name]
    assert entity.is_incremental
    assert entity.filter_prefix == prefix


@pytest.mark.parametrize(
    ("name", "key"),
    [("activities", "event_time"), ("leads", "created_time"), ("ads", "updated_time")],
)
def test_what_grows_without_end_is_read_by_its_time(name: str, key: str) -> None:
    (entity,) = [one for one in ENTITIES if one.name == name]
    assert entity.replication_key == key
    assert entity.kinds("v26.0")[key] == "string"


def test_what_is_read_whole_has_no_filter() -> None:
    whole = [one for one in ENTITIES if not one.is_incremental]
    assert len(whole) == 8
    for entity in whole:
        assert entity.filtering(include_deleted=True, updated_since=5) is None


def test_each_stream_is_named_once_and_has_its_key() -> None:
    names = [one.name for one in ENTITIES]
    assert len(names) == len(set(names))
    assert {one.name: one.key for one in ENTITIES if one.key != "id"} == {
        "ad_accounts": "account_id"
    }
