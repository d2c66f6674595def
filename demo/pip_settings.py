"""What pip is told, told to uv: `eval "$(python -m demo.pip_settings)"`.

uv, which installs the packages here and Meltano's plugins, does not read pip's configuration. On
a machine whose only package index is one that pip was told of, it would find nothing.

Extra indexes are left out: uv takes all files of a version from one index, so an index that has
a package for one Python only would hide the rest of it; and nothing here comes from such a place.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# pip's option, uv's variable, and older names of that variable.
_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "proxy": ("ALL_PROXY", "HTTPS_PROXY"),
}
_SYNONYMS = {"default-timeout": "timeout"}


def uv_environment(listing: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Translate pip's configuration into variables that uv reads.

    Args:
        listing: Lines as `pip config list` writes them, such as `global.timeout='60'`.
        environment: The present environment; a variable that stands there is left as it is.

    Returns:
        The variables to add, by name.
    """
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing:
        name, _, value = line.partition("=")
        section, _, option = name.strip().rpartition(".")
        if section in found and value:
            found[section][_SYNONYMS.get(option, option)] = str(ast.literal_eval(value.strip()))
    # The order in which pip itself lets one place outrank another.
    options = {**found["global"], **found["install"], **found[":env:"]}

    added = {}
    for option, names in _VARIABLES.items():
        if option in options and not any(name in environment for name in names):
            added[names[0]] = " ".join(options[option].split())
    if "UV_FIND_LINKS" in added:
        # The one list that uv separates by commas. A folder that is not there is a warning to pip
        # and an error to uv.
        places = [
            place
            for place in added["UV_FIND_LINKS"].split(" ")
            if "://" in place or Path(place).expanduser().exists()
        ]
        added["UV_FIND_LINKS"] = ",".join(places)
    return added


def read() -> dict[str, str]:
    """Ask this environment's pip for its configuration and translate it; {} without a pip."""
    asked = [sys.executable, "-m", "pip", "config", "list"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return uv_environment(answer.stdout.splitlines(), os.environ)


if __name__ == "__main__":
    for name, value in read().items():
        print(f"export {name}={shlex.quote(value)}")
