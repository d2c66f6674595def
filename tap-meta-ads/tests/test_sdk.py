"""The SDK's own suite, against the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from meta_sandbox import Sandbox
from tap_meta_ads.tap import TapMetaAds

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG: dict[str, Any] = {
    "access_token": "set-by-the-fixture",
    "start_date": str((datetime.now(timezone.utc) - timedelta(days=20)).date()),
}


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    with Sandbox(seed=3, accounts=2, ads=8, days=30) as sandbox:
        # The suite's tests read these settings when they run.
        CONFIG.update(access_token=sandbox.token, api_url=sandbox.url)
        yield


def everything() -> dict[str, Any]:
    """A catalog in which all streams are selected.

    The suite selects them by itself only after it has made the schemas that it compares with.
    """
    catalog: dict[str, Any] = TapMetaAds(config={**CONFIG, "access_token": "none"}).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    return catalog


class TestTapMetaAds(
    get_tap_test_class(  # type: ignore[misc] # a class made at run time
        TapMetaAds,
        config=CONFIG,
        suite_config=SuiteConfig(max_records_limit=200),
        catalog=everything(),
    )
):
    """Discovery, schemas, keys, types and state, for every stream."""
