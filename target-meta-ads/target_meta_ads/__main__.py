"""`python -m target_meta_ads`."""

from target_meta_ads.target import TargetMetaAds

TargetMetaAds.cli()
