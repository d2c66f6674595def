"""Parts of `meltano.yml` and of this folder's README, for cog."""

from __future__ import annotations

from hub.definitions import HUB_PLUGINS, dump, selection, setting_definitions
from hub.words import OWNER, REPOSITORY


def settings(name: str) -> str:
    """The definitions of a plugin's own settings, in the order of its schema.

    Those of the SDK can be set in the plugin's `config` without being defined.
    """
    own = HUB_PLUGINS[name].schema["properties"]
    return dump([one for one in setting_definitions(name) if one["name"] in own])


def select() -> str:
    """The tap's own selection."""
    return dump(list(selection()))


def maintainer() -> str:
    """The entry of the Hub's list of maintainers."""
    entry = {OWNER: {"label": OWNER, "name": OWNER, "url": REPOSITORY.rpartition("/")[0]}}
    return _block(dump(entry))


def default_variants() -> str:
    """The entries of the Hub's list of default variants."""
    return _block(dump({plugin.folder: {name: OWNER} for name, plugin in HUB_PLUGINS.items()}))


def _block(text: str) -> str:
    return f"\n```yaml\n{text}```\n\n"
