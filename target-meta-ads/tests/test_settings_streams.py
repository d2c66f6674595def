"""Which block a stream has, and whether the block fits the stream's SCHEMA."""

from __future__ import annotations

from typing import Any

import pytest

from meta_graph.settings import Quoter
from target_meta_ads.events.parts import CUSTOM_PARTS, EVENT_PARTS
from target_meta_ads.normalisation.keys import KEYS
from target_meta_ads.streams.blocks import (
    AmbiguousStreamError,
    AudienceStream,
    EventStream,
    Stream,
    match_stream,
)
from target_meta_ads.streams.checks import check_stream, rivals
from target_meta_ads.streams.columns import AUDIENCE_COLUMNS, CUSTOM_DATA, DEFAULTS, EVENT_COLUMNS


def blocks(*patterns: str) -> dict[str, Stream]:
    return {pattern: AudienceStream(pattern, audience_id="1") for pattern in patterns}


@pytest.mark.parametrize(
    ("name", "patterns", "match"),
    [
        ("crm-people", ["crm-people"], "crm-people"),
        ("crm-people", ["*", "crm-people", "crm-*"], "crm-people"),
        ("crm-people", ["*", "crm-*", "*-peopl?"], "*-peopl?"),
        ("crm-people", ["crm-*", "*"], "crm-*"),
        ("crm-people", ["crm-[no-p]eople", "*people"], "crm-[no-p]eople"),
        # An exact name is shorter than a glob that fits too.
        ("a", ["[a]", "a"], "a"),
        # A name is a name before it is a glob.
        ("a*", ["a*", "[a-z]?*"], "a*"),
        ("crm-People", ["*-people"], None),
        ("CRM-people", ["crm-*"], None),
        ("crm-people", [], None),
        ("crm-people", ["people", "crm", "*-person"], None),
        # Those of the same length count only when nothing longer fits.
        ("crm-people", ["crm-*", "*ople", "*-people"], "*-people"),
    ],
)
def test_a_stream_s_block(name: str, patterns: list[str], match: str | None) -> None:
    for order in (patterns, patterns[::-1]):
        streams = blocks(*order)
        assert match_stream(name, streams) is (None if match is None else streams[match])


@pytest.mark.parametrize("order", [1, -1])
def test_two_blocks_alike(order: int) -> None:
    with pytest.raises(AmbiguousStreamError) as caught:
        match_stream("crm-people", blocks(*["*", "crm-*", "*ople"][::order]))
    said = str(caught.value)
    assert said.startswith("Stream 'crm-people' fits '")
    assert "'crm-*'" in said
    assert "'*ople'" in said
    assert said.endswith("or add a block of the stream's own name.")
    assert "\n" not in said


AUDIENCE = AudienceStream("*-people", audience_id="1")
PIXEL = EventStream("*-events", pixel_id="1")
EVENT = ("event_name", "event_time", "action_source", "email")


def audience(**more: Any) -> AudienceStream:  # noqa: ANN401 - what a block may hold
    return AudienceStream("*-people", audience_id="1", **more)


def events(**more: Any) -> EventStream:  # noqa: ANN401 - what a block may hold
    return EventStream("*-events", pixel_id="1", **more)


def checked(block: Stream, columns: str, *key: str) -> list[str]:
    return check_stream(block, {"properties": {name: {} for name in columns.split()}}, key)


@pytest.mark.parametrize(
    ("block", "columns", "key"),
    [
        (AUDIENCE, "id email", ["id"]),
        (AUDIENCE, "country", []),
        (audience(fields={"email": "mail"}), "mail", []),
        (audience(operation_column="op"), "op phone", ["phone"]),
        (audience(audience_column="name"), "name phone", ["name", "phone"]),
        (audience(page_id="5"), "page_scoped_user_id", []),
        (audience(value_based=True), "email value", []),
        (audience(value_based=True, fields={"value": "ltv"}), "email ltv", []),
        (audience(value_based=True, sync_mode="remove"), "email", []),
        (PIXEL, "event_name event_time action_source email", []),
        (PIXEL, "event_name event_time action_source fbp", []),
        (
            events(defaults={"event_name": "Lead", "action_source": "website"}),
            "event_time client_ip_address",
            [],
        ),
        (
            events(fields={"event_time": "at", "event_name": "kind", "email": "mail"}),
            "at kind mail action_source",
            ["at"],
        ),
        (events(custom_data=("brand",)), "event_name event_time action_source email brand", []),
    ],
)
def test_blocks_that_fit(block: Stream, columns: str, key: list[str]) -> None:
    assert checked(block, columns, *key) == []


PEOPLE, EVENTS = "Stream '*-people': ", "Stream '*-events': "


@pytest.mark.parametrize(
    ("block", "columns", "key", "sentence"),
    [
        (
            audience(fields={"email": "contact_mail"}),
            "contact_email phone",
            [],
            f"{PEOPLE}`fields.email` is 'contact_mail', which its SCHEMA lacks. Did you mean `cont",
        ),
        (
            audience(fields={"email": "Mail"}),
            "phone id",
            [],
            f"{PEOPLE}`fields.email` is 'Mail', which its SCHEMA lacks. Columns: id, phone.",
        ),
        (
            audience(operation_column="op"),
            "email",
            [],
            f"{PEOPLE}`operation_column` is 'op', which its SCHEMA lacks. Columns: email.",
        ),
        (
            audience(audience_column="list"),
            "email",
            [],
            f"{PEOPLE}`audience_column` is 'list', which its SCHEMA lacks. Columns: email.",
        ),
        (
            AUDIENCE,
            "email",
            ["id"],
            f"{PEOPLE}its key holds 'id', which its SCHEMA lacks. Select that column in the tap, ",
        ),
        (
            AUDIENCE,
            "mail tel",
            [],
            f"{PEOPLE}its SCHEMA has no column that a person is matched by, as email. Name them by",
        ),
        (AUDIENCE, "", [], f"{PEOPLE}its SCHEMA has no column that a person is matched by, as em"),
        # Those of events do not match the people of an audience.
        (AUDIENCE, "fbp value", [], f"{PEOPLE}its SCHEMA has no column that a person is matched"),
        (
            AUDIENCE,
            "page_scoped_user_id",
            [],
            f"{PEOPLE}`page_id` is missing, and the ids in `page_scoped_user_id` are those of one",
        ),
        (
            audience(fields={"page_scoped_user_id": "psid"}),
            "psid email",
            [],
            f"{PEOPLE}`page_id` is missing, and the ids in `page_scoped_user_id` are those of one",
        ),
        (
            audience(value_based=True),
            "email ltv",
            [],
            f"{PEOPLE}`value_based` is true, and its SCHEMA has no column `value`. Name it by",
        ),
        (
            PIXEL,
            "event_time action_source email",
            [],
            f"{EVENTS}its SCHEMA has no column `event_name`. Name it by `fields.event_name`, or se",
        ),
        (
            PIXEL,
            "event_time event_name email",
            [],
            f"{EVENTS}its SCHEMA has no column `action_source`. Name it by `fields.action_source`,",
        ),
        (
            PIXEL,
            "event_name action_source email",
            [],
            f"{EVENTS}its SCHEMA has no column `event_time`. Name it by `fields.event_time`.",
        ),
        (
            PIXEL,
            "event_time event_name action_source value",
            [],
            f"{EVENTS}its SCHEMA has no column that a person is matched by, as email. Name them",
        ),
        (
            events(custom_data=("color", "brand")),
            f"{' '.join(EVENT)} colour brand",
            [],
            f"{EVENTS}`custom_data[0]` is 'color', which its SCHEMA lacks. Did you mean `colour`?",
        ),
        (
            events(fields={"event_time": "when"}),
            "event_name action_source email",
            [],
            f"{EVENTS}`fields.event_time` is 'when', which its SCHEMA lacks. Columns: action_sour",
        ),
    ],
)
def test_blocks_that_do_not_fit(block: Stream, columns: str, key: list[str], sentence: str) -> None:
    (said,) = checked(block, columns, *key)
    assert said.startswith(sentence)
    assert said.endswith((".", "?"))
    assert "\n" not in said


def test_each_wrong_thing_is_said_of_the_stream() -> None:
    block = audience(fields={"email": "x", "phone": "y"}, operation_column="z")
    said = check_stream(block, {"properties": {"name": {}}}, ["id"], name="crm-people")
    assert len(said) == 4
    assert all(text.startswith("Stream 'crm-people': ") for text in said)


def test_a_schema_without_properties() -> None:
    (said,) = check_stream(AUDIENCE, {}, [])
    assert said.endswith("It has no columns: select some in the tap.")


def test_many_columns_are_one_line() -> None:
    (said,) = checked(AUDIENCE, " ".join(f"column_{number:03}" for number in range(500)))
    assert "column_019, ..." in said
    assert len(said) < 400


def test_a_token_in_a_wrong_place_is_not_said() -> None:
    token = "EAA" + "madeUp0123456789" * 4
    said = check_stream(audience(fields={"email": token}), {"properties": {"phone": {}}}, [])
    assert len(said) == 1
    assert token[:12] not in said[0]


@pytest.mark.parametrize(
    ("one", "other", "are_rivals"),
    [
        (audience(sync_mode="mirror"), audience(sync_mode="mirror"), True),
        (audience(sync_mode="mirror"), AUDIENCE, True),
        (AUDIENCE, audience(sync_mode="replace"), True),
        (audience(sync_mode="remove"), audience(sync_mode="mirror"), True),
        (AUDIENCE, AUDIENCE, False),
        (audience(sync_mode="mirror"), AudienceStream("b", audience_id="2"), False),
        (audience(sync_mode="mirror"), AudienceStream("b", audience_name="1"), False),
        (audience(sync_mode="mirror"), PIXEL, False),
        (
            AudienceStream("a", audience_column="x", sync_mode="mirror"),
            AudienceStream("b", audience_column="x", sync_mode="mirror"),
            False,
        ),
    ],
)
def test_streams_that_fill_one_audience(one: Stream, other: Stream, *, are_rivals: bool) -> None:
    said = list(rivals({"crm-people": one, "shop-people": other}, Quoter({}, ())))
    assert len(said) == are_rivals
    for text in said:
        assert text.startswith("Streams 'crm-people' and 'shop-people' share the audience '1', and")
        assert text.endswith("or join them into one stream.")


def test_the_columns_are_named_once() -> None:
    for columns in (AUDIENCE_COLUMNS, EVENT_COLUMNS):
        assert len(columns) == len(set(columns))
    assert set(DEFAULTS) <= set(EVENT_COLUMNS)
    assert set(EVENT_COLUMNS) == {
        *(key.column for key in KEYS if key.event),
        *(part.column for part in (*EVENT_PARTS, *CUSTOM_PARTS)),
    }
    assert tuple(part.column for part in CUSTOM_PARTS) == CUSTOM_DATA
    assert not {"event_id", "event_time", "email", "external_id", "fbc"} & set(DEFAULTS)
