"""The web site of the documentation: whole, linked, and read without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest

from tests.docs import pages
from tests.docs.fetched import BY_STYLE, EXTERNAL, Fetched
from tests.docs.pages import Page

READMES = {page.path: page for page in pages.readmes()}
EVERY = {page.path: page for page in pages.every()}


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; any page or place that a link misses is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=repository,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder


def test_every_page_is_built_and_found_by_the_search(site: Path) -> None:
    index = (site / "search/search_index.js").read_text(encoding="utf-8")
    for page in pages.site():
        made = str(PurePosixPath(page.path).relative_to("docs").with_suffix(".html"))
        assert (site / made).exists()
        assert f'"location":"{made}' in index


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        if path.name == "404.html":  # for servers: it names its files from the root
            continue
        fetched = Fetched()
        fetched.feed(path.read_text(encoding="utf-8"))
        assert len(fetched.addresses) > 3
        assert [one for one in fetched.addresses if EXTERNAL.match(one)] == [], path.name
        for address in fetched.addresses:
            assert (path.parent / urlsplit(address).path).exists(), f"{path.name}: {address}"
    for path in site.rglob("*.css"):
        assert BY_STYLE.findall(path.read_text(encoding="utf-8")) == [], path.name


def test_no_page_has_what_would_load_more(site: Path) -> None:
    # The theme's script fetches these when a page has a diagram or the site names a repository.
    for path in site.rglob("*.html"):
        assert not re.search(r'class="mermaid|data-md-component="source"', path.read_text())


@pytest.mark.parametrize("page", READMES.values(), ids=READMES.keys())
def test_links_of_readmes_lead_somewhere(repository: Path, page: Page) -> None:
    wrong = []
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https"
            continue
        target = page.path
        if parts.path:
            path = os.path.normpath(PurePosixPath(page.path).parent / parts.path)
            target = str(PurePosixPath(path))
        exists = (repository / target).exists()
        if not exists or (parts.fragment and parts.fragment not in _anchors(repository, target)):
            wrong.append(link)
    assert wrong == []


def _anchors(repository: Path, path: str) -> set[str]:
    page = EVERY.get(path) or Page(path, (repository / path).read_text(encoding="utf-8"))
    return page.anchors


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Reach cannot be summed", "reach-cannot-be-summed"),
        ("`dim_ad`", "dim_ad"),
        ("Bookmarks and `synced`", "bookmarks-and-synced"),
        ("Exit, state & co.", "exit-state--co"),
    ],
)
def test_anchors_are_made_as_github_makes_them(heading: str, anchor: str) -> None:
    assert Page("page.md", f"# Title\n\n## {heading}\n\nText\n").anchors == {"title", anchor}
