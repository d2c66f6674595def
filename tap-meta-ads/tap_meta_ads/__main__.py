"""`python -m tap_meta_ads`."""

from tap_meta_ads.tap import TapMetaAds

TapMetaAds.cli()
