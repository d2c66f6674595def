from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.audiences import rows

if TYPE_CHECKING:
    from random import Random


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def row(**cells: str | list[str]) -> list[bytes]:
    """Make a row of the texts of plain keys, and of what hashed keys are the digests of."""
    made = [b""] * len(rows.KEYS)
    for key, cell in cells.items():
        plain = key in rows.PLAIN_KEYS
        made[rows.KEYS.index(key)] = rows.plain_cell(cell) if plain else digest(str(cell))
    return made


DIGESTS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(min_size=1, max_size=12).map(rows.plain_cell)
ROWS = st.lists(
    st.tuples(
        *[st.one_of(st.just(b""), TEXTS) for _ in rows.PLAIN_KEYS[:4]],
        st.sampled_from([b"", rows.plain_cell(["LDU"])]),
        *[st.one_of(st.just(b""), TEXTS) for _ in rows.PLAIN_KEYS[5:]],
        *[st.one_of(st.just(b""), DIGESTS) for _ in rows.HASHED_KEYS],
    ),
    min_size=1,
    max_size=4,
).filter(lambda made: any(map(any, made)))
ALL = rows.bits(*rows.KEYS)


def as_sent(cells: tuple[bytes, ...]) -> list[object]:
    blanks = {
        "DATA_PROCESSING_OPTIONS": [],
        "DATA_PROCESSING_OPTIONS_COUNTRY": "0",
        "DATA_PROCESSING_OPTIONS_STATE": "0",
    }
    sent: list[object] = []
    for key, cell in zip(rows.KEYS, cells, strict=True):
        if not cell:
            sent.append(blanks.get(key, ""))
        else:
            sent.append(json.loads(cell) if key in rows.PLAIN_KEYS else cell.hex())
    return sent


class TestPacked:
    @given(ROWS, st.randoms())
    def test_the_order_of_rows_does_not_matter(
        self, made: list[tuple[bytes, ...]], chance: Random
    ) -> None:
        shuffled = [*made, made[0]]
        chance.shuffle(shuffled)
        assert rows.pack(ALL, shuffled) == rows.pack(ALL, made)

    @given(ROWS, ROWS)
    def test_the_same_bytes_are_the_same_rows(
        self, one: list[tuple[bytes, ...]], other: list[tuple[bytes, ...]]
    ) -> None:
        same_rows = {made for made in one if any(made)} == {made for made in other if any(made)}
        assert (rows.pack(ALL, one) == rows.pack(ALL, other)) is same_rows

    @given(ROWS)
    def test_what_comes_out_is_what_went_in(self, made: list[tuple[bytes, ...]]) -> None:
        packed = rows.pack(ALL, made)
        keys, cells = rows.unpack(packed)
        assert keys == list(rows.KEYS)
        assert sorted(map(str, cells)) == sorted({str(as_sent(one)) for one in made if any(one)})
        assert rows.count(packed) == len(cells)

    @given(st.lists(ROWS, max_size=5))
    def test_data_is_all_rows_in_the_order_of_the_people(
        self, people: list[list[tuple[bytes, ...]]]
    ) -> None:
        packed = [rows.pack(ALL, made) for made in people]
        expected = [cells for person in packed for cells in rows.unpack(person)[1]]
        assert json.loads(rows.data(ALL, packed)) == expected
        assert (
            rows.data(ALL, packed)
            == (
                "[" + ",".join(text for person in packed for text in rows.json_rows(person)) + "]"
            ).encode()
        )

    @given(ROWS)
    def test_one_row_is_packed_alike_by_the_short_way(self, made: list[tuple[bytes, ...]]) -> None:
        one = next(cells for cells in made if any(cells))
        filled = sum(1 << at for at, cell in enumerate(one) if cell)
        assert rows.pack_one(ALL, filled, one) == rows.pack(ALL, [one])

    def test_a_line_feed_in_a_digest_or_a_text_is_no_border(self) -> None:
        cells = row(EXTERN_ID='a\n"b\\', EMAIL="x")
        cells[rows.KEYS.index("PHONE")] = b"\n" * 32
        packed = rows.pack(rows.bits("EXTERN_ID", "EMAIL", "PHONE"), [cells])
        assert json.loads(rows.data(rows.schema_of(packed), [packed])) == [
            ['a\n"b\\', digest("x").hex(), "0a" * 32]
        ]

    def test_a_key_outside_the_schema_is_left_out(self) -> None:
        schema = rows.bits("EMAIL")
        packed = rows.pack(schema, [row(EMAIL="a", LN="b"), row(EMAIL="a", LN="c"), row(LN="d")])
        assert rows.unpack(packed) == (["EMAIL"], [[digest("a").hex()]])

    def test_a_blank_cell_is_an_empty_string(self) -> None:
        schema = rows.bits("EMAIL", "LN", "FN")
        packed = rows.pack(schema, [row(FN="mary")])
        assert rows.data(schema, [packed]) == f'[["","","{digest("mary").hex()}"]]'.encode()

    def test_switched_off_options_are_an_empty_list(self) -> None:
        schema = rows.bits("EMAIL", *rows.KEYS[4:7])
        on, off = (
            rows.pack(schema, [row(EMAIL="a", DATA_PROCESSING_OPTIONS=["LDU"])]),
            rows.pack(schema, [row(EMAIL="b")]),
        )
        assert json.loads(rows.data(schema, [on, off])) == [
            [["LDU"], "0", "0", digest("a").hex()],
            [[], "0", "0", digest("b").hex()],
        ]

    @pytest.mark.parametrize("made", [[], [row()], [row(EMAIL=str(i)) for i in range(256)]])
    def test_nobody_has_no_row_or_more_than_255(self, made: list[list[bytes]]) -> None:
        with pytest.raises(ValueError, match="1 to 255"):
            rows.pack(ALL, made)

    def test_many_people_of_many_shapes(self) -> None:
        schema = rows.bits("EXTERN_ID", "EMAIL", "PHONE")
        people = [
            rows.pack(
                schema,
                [row(EXTERN_ID=str(i), **({"EMAIL": f"e{i}"} if i % 3 else {"PHONE": f"p{i}"}))],
            )
            for i in range(1000)
        ]
        sent = json.loads(rows.data(schema, iter(people)))
        assert [cells[0] for cells in sent] == [str(i) for i in range(1000)]
        assert [bool(cells[1]) for cells in sent] == [bool(i % 3) for i in range(1000)]

    def test_the_layout_stays_what_ledgers_hold(self) -> None:
        packed = rows.pack(rows.bits("EXTERN_ID", "EMAIL", "FN"), [row(EXTERN_ID="é", EMAIL="a")])
        assert packed == (
            b"\x01" + b"\x00\x40\x81" + b"\x01" + b"\x00\x00\x81" + '"é"\n'.encode() + digest("a")
        )
        assert rows.KEYS[7:9] == ("EMAIL", "PHONE")
        assert rows.KEYS[-1] == "COUNTRY"
        assert len(rows.KEYS) == 19


class TestSchemas:
    def test_names_are_in_the_order_of_the_cells(self) -> None:
        schema = rows.bits("FN", "EMAIL", "EXTERN_ID", "COUNTRY")
        assert rows.names(schema) == ["EXTERN_ID", "EMAIL", "FN", "COUNTRY"]

    def test_the_schema_of_a_person(self) -> None:
        schema = rows.bits("EMAIL", "FN")
        assert rows.schema_of(rows.pack(schema, [row(EMAIL="a")])) == schema


class TestRemovals:
    def test_what_says_nothing_about_the_person_is_left_out(self) -> None:
        packed = rows.pack(
            rows.bits("EMAIL", *rows.KEYS[3:7]),
            [row(EMAIL="a", LOOKALIKE_VALUE="3", DATA_PROCESSING_OPTIONS=["LDU"])],
        )
        assert rows.removal(packed) == rows.pack(rows.bits("EMAIL"), [row(EMAIL="a")])

    def test_rows_that_differ_in_nothing_else_become_one(self) -> None:
        packed = rows.pack(
            rows.bits("EMAIL", "LOOKALIKE_VALUE"),
            [row(EMAIL="a", LOOKALIKE_VALUE="3"), row(EMAIL="a", LOOKALIKE_VALUE="4")],
        )
        assert rows.count(rows.removal(packed)) == 1

    @given(ROWS)
    def test_a_removal_is_its_own_removal(self, made: list[tuple[bytes, ...]]) -> None:
        cells = [(b"x\n", *one[1:]) for one in made]
        once = rows.removal(rows.pack(ALL, cells))
        assert rows.removal(once) == once


def test_strong_cells_are_those_that_say_who_it_is() -> None:
    packed = rows.pack(
        rows.bits("EXTERN_ID", "EMAIL", "LN", "PHONE", "LOOKALIKE_VALUE"),
        [
            row(EXTERN_ID="c-1", EMAIL="a", LN="b", LOOKALIKE_VALUE="3"),
            row(EXTERN_ID="c-1", EMAIL="c"),
        ],
    )
    assert rows.strong(packed) == {
        ("EXTERN_ID", "c-1"),
        ("EMAIL", digest("a").hex()),
        ("EMAIL", digest("c").hex()),
    }
