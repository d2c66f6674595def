"""What ends a run with a sentence of ours, as one tree. Meta's errors are those of `meta_graph`.

* TargetError
    * InputError        a line of the input is no Singer message
    * StreamError       a stream fits no block of `streams`, or not the one that it fits
    * StoppedError      nothing goes to one destination any more; others are not concerned
    * RunStoppedError   nothing goes anywhere any more: the token, the version, or Meta itself
    * FileError         a file that is to be written cannot be
    * LedgerError       the ledger cannot be used
"""

from __future__ import annotations

_TERMS = "customaudiences/tos/"


class TargetError(Exception):
    """The run cannot go on, or has not done all; the message is a sentence for people."""


class InputError(TargetError):
    """A line of the input is no Singer message; says which, and nothing of what stands in it."""


class StreamError(TargetError):
    """A stream fits no block of `streams`, or not the one that it fits."""


class StoppedError(TargetError):
    """Nothing goes to one destination any more; others are not concerned."""


class RunStoppedError(TargetError):
    """Nothing goes to Meta any more, so that there is no use in reading on."""


class FileError(TargetError):
    """A file that is to be written cannot be; says which, why, and which setting names it."""


class LedgerError(TargetError):
    """The ledger cannot be used; says why, and never shows a password."""


def told(error: Exception) -> str:
    """An error for people: where terms are to be accepted, with the account in the link."""
    words = str(error)
    account = getattr(error, "account", None)
    if account and _TERMS in words and f"{_TERMS}?act=" not in words:
        return words.replace(_TERMS, f"{_TERMS}?act={account}")
    return words
