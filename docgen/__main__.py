"""`python -m docgen` writes the generated parts of the documentation; `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cogapp import Cog  # type: ignore[import-untyped] # it has no types

from docgen import diagram

ROOT = Path(__file__).parent.parent


def main(arguments: list[str]) -> int:
    """Write or check everything; 0 if all is well, 1 if something is not in step."""
    parser = argparse.ArgumentParser(prog="docgen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    check = parser.parse_args(arguments).check
    pictures = {
        "docs/images/star-schema.svg": diagram.wide(),
        "docs/images/star-schema-narrow.svg": diagram.narrow(),
    }
    stale = [
        name
        for name, made in pictures.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != made
    ]
    for name in stale:
        print("stale:" if check else "wrote", name)
        if not check:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(pictures[name], encoding="utf-8")
    pages = [str(path) for path in pages_with_blocks()]
    status = Cog().main(["cog", "-I", str(ROOT), "--check" if check else "-r", *pages])
    return int(status != 0 or (check and bool(stale)))


def pages_with_blocks() -> list[Path]:
    """The READMEs and pages of `docs/` that have generated parts, and `meltano.yml`."""
    pages = [*ROOT.glob("README.md"), *ROOT.glob("[a-z]*/README.md"), *ROOT.glob("docs/**/*.md")]
    pages.append(ROOT / "meltano.yml")
    return sorted(page for page in pages if "[[[cog" in page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
