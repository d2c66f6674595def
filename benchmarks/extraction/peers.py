"""The peers of the extraction: which versions, and what their commands call."""

from __future__ import annotations

from benchmarks.peers import Peer

_MINORS = (11, 12, 10, 13)

TAP_FACEBOOK = Peer(
    "tap-facebook",
    "1.26.0",
    ("singer-python==6.8.0", "facebook_business==25.0.1"),
    _MINORS,
)
AIRBYTE = Peer(
    "airbyte-source-facebook-marketing",
    "6.1.9",
    ("airbyte-cdk==7.39.1", "facebook_business==25.0.3"),
    _MINORS,
)

ENTRIES = {TAP_FACEBOOK: "tap_facebook:main", AIRBYTE: "source_facebook_marketing.run:run"}
"""What the command of each calls, `module:function`."""
