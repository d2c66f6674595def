"""What Meltano is told of tap-meta-ads and target-meta-ads: one source, made from `--about`.

`python -m hub` writes the files for Meltano's Hub and the lock files of the plugins' own projects;
cog takes `settings` and `select` into `meltano.yml`.
"""

from hub.definitions import HUB_PLUGINS, definition, definition_yaml, lock
from hub.files import expected, write
from hub.fragments import default_variants, maintainer, select, settings

__all__ = [
    "HUB_PLUGINS",
    "default_variants",
    "definition",
    "definition_yaml",
    "expected",
    "lock",
    "maintainer",
    "select",
    "settings",
    "write",
]
