"""The SDK's own suite for targets: streams that nothing maps, ignored."""

from __future__ import annotations

from singer_sdk.testing import get_target_test_class

from target_meta_ads.target import TargetMetaAds

SETTINGS = {
    "access_token": "made-up",
    "api_url": "http://127.0.0.1:9",
    "on_unmapped_stream": "ignore",
    "ledger_url": "sqlite://",
    "rejects_path": "/dev/null",
}

TestTarget = get_target_test_class(TargetMetaAds, config=SETTINGS)
