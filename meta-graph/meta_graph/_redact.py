"""No secret leaves this package in words: not in errors, not in log lines, not in URLs."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"

# What Meta's tokens look like, and parameters that carry secrets, whoever they belong to.
_PATTERNS = (
    re.compile(r"EAA[A-Za-z0-9]{20,}"),
    re.compile(
        r"(?P<keep>(?:access_token|input_token|appsecret_proof|client_secret|fb_exchange_token)"
        r"[\"'\\]*\s*(?:[=:]|%3D)\s*[\"'\\]*)[^&\s\"',}\\]+"
    ),
    re.compile(r"(?P<keep>\b(?:Bearer|OAuth)\s+)[\w.~+/=|-]{16,}"),
)

# What `paging.next` repeats in its query.
_NAMES = ("access_token", "appsecret_proof")
_LONGEST_NAME = max(map(len, _NAMES))


class Redactor:
    """Takes secrets out of texts: those it was given, and whatever looks like one.

    Args:
        secrets: Texts to hide, in plain and in URL form. Empty ones are left out.
    """

    def __init__(self, *secrets: str | None) -> None:
        forms = {form for text in secrets if text for form in (text, quote(text), quote_plus(text))}
        # The longest first, or a secret that contains another would be left half shown.
        self._forms = sorted(forms, key=len, reverse=True)
        # As JSON writes it: a slash may stand there with a backslash before it.
        written = {text for form in self._forms for text in (form, form.replace("/", r"\/"))}
        self._queries = [f"{name}={text}".encode() for name in _NAMES for text in written]

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        for pattern in _PATTERNS:
            text = pattern.sub(lambda found: found.groupdict().get("keep", "") + HIDDEN, text)
        return text

    def scrub(self, body: bytes | bytearray) -> bytes | bytearray:
        """An answer's body without the secrets that `paging.next` repeats in its query.

        So they cannot get from an answer into a record or a file, even inside a nested list. All
        else stays as it is, texts that look like a secret too: those are the user's data.

        A bytearray is changed in place: to copy a large page would cost more than all the rest.
        """
        # Most pages have no equals sign before `paging.next`, which stands at their end: that is
        # found at once, where looking for each query in megabytes of rows takes its time.
        start = max(body.find(b"=") - _LONGEST_NAME, 0)
        found = tail = bytes(memoryview(body)[start:])
        for query in self._queries:
            if query in tail:
                tail = tail.replace(query, query.partition(b"=")[0] + b"=" + HIDDEN.encode())
        if tail == found:
            return body
        if isinstance(body, bytes):
            return body[:start] + tail
        body[start:] = tail
        return body


class RedactingFilter(logging.Filter):
    """Takes secrets out of other libraries' log records before any handler sees them.

    urllib3 logs request paths at debug level, and those hold `appsecret_proof`.
    """

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean the record; never drop it."""
        if isinstance(record.args, Mapping):
            record.args = {name: self._clean(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(self._clean(value) for value in record.args)
        record.msg = self._clean(record.msg)
        if record.exc_info and not record.exc_text:
            # Formatters take this text when it is there, instead of making it from the error.
            record.exc_text = self._redact(logging.Formatter().formatException(record.exc_info))
        return True

    def _clean(self, value: Any) -> Any:  # noqa: ANN401 - log arguments are of any type
        if value is None or isinstance(value, bool | int | float):
            return value
        # An error, say, shows its secret only once it is written; what shows none stays itself.
        text = str(value)
        cleaned = self._redact(text)
        return value if cleaned == text else cleaned
