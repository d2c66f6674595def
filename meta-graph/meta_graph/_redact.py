"""No secret leaves this package in words: not in errors, not in log lines, not in URLs."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"

# What Meta's tokens look like, and parameters that carry secrets, whoever they belong to.
_PATTERNS = (
    re.compile(r"EAA[A-Za-z0-9]{20,}"),
    re.compile(
        r"(?P<keep>(?:access_token|input_token|appsecret_proof|client_secret|fb_exchange_token)"
        r"[\"']?\s*[=:]\s*[\"']?)[^&\s\"',}]+"
    ),
    re.compile(r"(?P<keep>\b(?:Bearer|OAuth)\s+)[\w.~+/=|-]{8,}"),
)


class Redactor:
    """Takes secrets out of texts: those it was given, and whatever looks like one.

    Args:
        secrets: Texts to hide, in plain and in URL form. Empty ones are left out.
    """

    def __init__(self, *secrets: str | None) -> None:
        forms = {form for text in secrets if text for form in (text, quote(text), quote_plus(text))}
        # The longest first, or a secret that contains another would be left half shown.
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        for pattern in _PATTERNS:
            text = pattern.sub(lambda found: found.groupdict().get("keep", "") + HIDDEN, text)
        return text


class RedactingFilter(logging.Filter):
    """Takes secrets out of other libraries' log records before any handler sees them.

    urllib3 logs request paths at debug level, and those hold `appsecret_proof`.
    """

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean the record; never drop it."""
        if isinstance(record.args, tuple):
            record.args = tuple(self._clean(value) for value in record.args)
        record.msg = self._clean(record.msg)
        return True

    def _clean(self, value: Any) -> Any:  # noqa: ANN401 - log arguments are of any type
        return self._redact(value) if isinstance(value, str) else value
