"""What a browser would fetch for a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

EXTERNAL = re.compile(r"(?:https?:)?//", re.IGNORECASE)
BY_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


class Fetched(HTMLParser):
    """Collect what a browser would fetch for a page, by its markup and its styles."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        named = dict(attrs)
        if tag == "link" and set((named.get("rel") or "").split()) & {"stylesheet", "icon"}:
            self.addresses.append(named.get("href") or "")
        if tag in {"script", "img", "iframe", "source", "audio", "video", "embed"}:
            self.addresses.append(named.get("src") or named.get("srcset") or "")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.addresses += BY_STYLE.findall(data)
