"""The times that Meta writes, and those of our own bookmarks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.entities.listing import instant

NOON = datetime(2026, 3, 8, 22, 18, 45, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-08T14:18:45-0800", NOON),
        ("2026-03-08T22:18:45+0000", NOON),
        ("2026-03-08T22:18:45Z", NOON),
        ("2026-03-09T11:18:45+1300", NOON),
        ("2026-03-08T22:18:45+00:00", NOON),
        ("2026-03-08T22:18:45.250000+00:00", NOON + timedelta(milliseconds=250)),
        # What Meta shows for a time that was never set.
        ("1969-12-31T15:59:59-0800", datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        (None, None),
        ("", None),
        # Without an offset it is no instant.
        ("2026-03-08T14:18:45", None),
        ("2026-03-08", None),
        ("1773008325", None),
        ("soon", None),
    ],
)
def testinstant(text: str | None, expected: datetime | None) -> None:
    assert instant(text) == expected


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - its offset comes next
    st.integers(-14 * 60, 14 * 60),
)
def test_bookmarks_are_read_as_they_were_written(moment: datetime, minutes: int) -> None:
    written = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert instant(written.isoformat()) == written
    assert instant(written.strftime("%Y-%m-%dT%H:%M:%S%z")) == written.replace(microsecond=0)
