from __future__ import annotations

import datetime as dt
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.events.parts import CUSTOM_PARTS, EVENT_PARTS
from target_meta_ads.events.plan import EventPlan
from target_meta_ads.normalisation.quality import Quality
from target_meta_ads.records import Event, Reject
from target_meta_ads.streams.columns import EVENT_COLUMNS
from tests.sample_events import (
    BLOCK,
    INSTANT,
    LEAD,
    NOW,
    PURCHASE,
    TODAY,
    body,
    digest,
    event,
    plan,
    reject,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class TestEventIds:
    RECORD: Mapping[str, Any] = {
        **{key: value for key, value in LEAD.items() if key != "event_id"},
        "order": 17,
        "_sdc_extracted_at": INSTANT,
    }

    def test_one_is_made_of_the_key(self) -> None:
        found = body(self.RECORD, "order")["event_id"]
        assert found == sha256(b'["events",[17]]').hexdigest()[:32]
        later = {**self.RECORD, "email": "b@example.com", "_sdc_extracted_at": "later"}
        assert body(later, "order")["event_id"] == found

    def test_or_of_all_but_what_tells_of_the_run(self) -> None:
        found = body(self.RECORD)["event_id"]
        turned = dict(reversed({**self.RECORD, "_sdc_extracted_at": "later"}.items()))
        assert body(turned)["event_id"] == found
        assert body({**self.RECORD, "order": 18})["event_id"] != found
        assert body({**self.RECORD, "order": None}, "order")["event_id"] != found

    def test_a_blank_cell_is_no_id(self) -> None:
        record = {**LEAD, "event_id": " "}
        assert len(body(record)["event_id"]) == 32

    def test_another_stream_makes_another_one(self) -> None:
        made = EventPlan(
            BLOCK, [*self.RECORD], ["order"], Quality("other"), None, TODAY, lambda: NOW
        )
        found = made.event(self.RECORD)
        assert isinstance(found, Event)
        assert found.key != event(self.RECORD, "order").key


class TestRejects:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"event_name": None}, "no_event_name"),
            ({"event_time": None}, "no_event_time"),
            ({"event_time": "yesterday"}, "unreadable_event_time"),
            ({"event_time": "2026-11-01"}, "event_too_old"),
            ({"event_time": "2026-11-20T13:00:00Z"}, "event_in_future"),
            ({"action_source": "web"}, "unknown_action_source"),
            ({"email": "n/a"}, "no_identifier"),
            ({"email": None, "country": "DE"}, "weak_match_keys"),
            ({"event_name": "Purchase"}, "purchase_without_value"),
            ({"event_name": "Purchase", "value": 3}, "purchase_without_currency"),
            ({"value": "3 EUR"}, "unreadable_value"),
            ({"currency": "euro"}, "unknown_currency"),
            ({"more": "\ud800"}, "unwritable"),
        ],
    )
    def test_what_is_not_sent(self, changes: dict[str, Any], code: str) -> None:
        assert reject({**LEAD, **changes}) == code

    def test_the_clock_is_asked_for_every_event(self) -> None:
        times = iter([NOW, NOW + 8 * 86_400])
        made = EventPlan(BLOCK, [*LEAD], [], Quality("events"), None, TODAY, lambda: next(times))
        assert isinstance(made.event(LEAD), Event)
        late = made.event(LEAD)
        assert isinstance(late, Reject)
        assert late.code == "event_too_old"


def test_what_meta_asks_for_is_counted() -> None:
    record = {**LEAD, "action_source": "website", "client_user_agent": None}
    made, _ = plan(record)
    for _ in range(3):
        made.event(record)
    made.event({**record, "client_user_agent": "Mozilla/5.0"})
    assert made.notes() == [
        "3 of a website without client_user_agent, which Meta asks for",
        "4 of a website without event_source_url, which Meta asks for",
    ]


def test_quality_counts_events_whose_identifiers_were_read() -> None:
    made, quality = plan(LEAD)
    made.event(LEAD)
    made.event({**LEAD, "email": "n/a"})
    made.event({**LEAD, "email": ""})
    made.event({**LEAD, "event_time": "yesterday"})
    (row,) = quality.table()
    assert (row.records, row.filled, row.dropped) == (3, 1, {"placeholder": 1})


def test_no_column_means_two_things() -> None:
    columns = [part.column for part in EVENT_PARTS + CUSTOM_PARTS]
    assert len(set(columns)) == len(columns)


CELLS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(),
    st.lists(st.one_of(st.text(max_size=8), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
NEEDED = {key: st.one_of(st.just(value), CELLS) for key, value in PURCHASE.items()}
MORE = dict.fromkeys([*set(EVENT_COLUMNS) - set(PURCHASE), "more", "another"], CELLS)


@given(st.fixed_dictionaries(NEEDED, optional=MORE))
def test_any_record_is_an_event_or_a_reject(record: dict[str, Any]) -> None:
    made, _ = plan(dict.fromkeys([*NEEDED, *MORE]), "event_id")
    found = made.event(record)
    assert made.event(dict(reversed(record.items()))) == found
    if isinstance(found, Reject):
        assert found.message.endswith(".")
        return
    written = json.loads(found.body, parse_constant=pytest.fail)
    assert digest("") not in found.body.decode()
    assert written["user_data"]
    assert not [key for key, value in written["user_data"].items() if not value]


LETTERS = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=7, max_size=12)


@given(LETTERS, LETTERS, LETTERS, st.integers(10**6, 10**7 - 1), st.booleans())
def test_nothing_plain_stays_in_the_body(
    first: str, last: str, box: str, number: int, has_many: object
) -> None:
    email = f"{box}@mail.test"
    record = {
        **LEAD,
        "email": [email, f"{box}.{last}@mail.test"] if has_many else email,
        "phone": f"+4930{number}",
        "first_name": first,
        "last_name": last,
        "city": box,
        "birth_date": dt.date(1997, 2, 16),
        "note": email,
    }
    written = event(record, "event_id").body
    for plain in (f'"{first}', f'"{last}', box + "@", "mail.test", f"30{number}", "19970216"):
        assert plain.encode() not in written
