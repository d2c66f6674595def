"""Tables of the READMEs, made from the plugins themselves; `make docs` puts them in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_meta_ads.settings import SCHEMA
from tap_meta_ads.tap import TapMetaAds

if TYPE_CHECKING:
    from collections.abc import Mapping


def settings(schema: Mapping[str, Any] = SCHEMA) -> str:
    """A row for each setting: name, default, description."""
    rows = ["| Setting | Default | |", "| --- | --- | --- |"]
    for name, setting in schema["properties"].items():
        if "title" not in setting:  # the SDK's own, told of in its documentation
            continue
        notes = [setting["description"]]
        notes += ["Required."] if name in schema["required"] else []
        notes += ["Secret."] if setting.get("secret") else []
        default = setting.get("default")
        shown = (
            ""
            if default is None
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        rows.append(f"| `{name}` | {shown} | {' '.join(notes)} |")
    return _lines(rows)


def streams() -> str:
    """A row for each stream: name, key, how it is replicated, number of columns."""
    tap = TapMetaAds(config={"access_token": "-"})
    rows = ["| Stream | Key | Replication | Columns |", "| --- | --- | --- | --- |"]
    for stream in tap.streams.values():
        key = ", ".join(f"`{name}`" for name in stream.primary_keys)
        by = f"incremental by `{stream.replication_key}`" if stream.replication_key else "full"
        rows.append(f"| `{stream.name}` | {key} | {by} | {len(stream.schema['properties'])} |")
    return _lines(rows)


def _lines(rows: list[str]) -> str:
    return "\n".join(["", *rows, ""])
