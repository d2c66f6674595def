from __future__ import annotations

import io
import traceback
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from target_meta_ads.errors import InputError
from target_meta_ads.messages import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "ada@example.com"


class Heard:
    """Takes messages of the types that a test names."""

    def __init__(self, *kinds: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self.callbacks = dict.fromkeys(kinds or ("RECORD", "STATE"), self.messages.append)

    def read(self, reader: Reader, lines: Any, *, stop_after: int | None = None) -> Any:  # noqa: ANN401 - bytes or text
        return reader.read(
            lines, self.callbacks, lambda: stop_after is not None and reader.lines >= stop_after
        )


def encoded(lines: list[str]) -> list[bytes]:
    return [line.encode() for line in lines]


RECORD = '{"type": "RECORD", "stream": "a", "record": {"email": "ada@example.com"}}\n'
STATE = '{"type": "STATE", "value": {"at": 1}}\n'


@pytest.mark.parametrize("is_text", [True, False])
def test_messages_go_to_the_callback_of_their_type(*, is_text: bool) -> None:
    heard, reader = Heard(), Reader()
    whole = RECORD + STATE + RECORD
    lines: Any = io.StringIO(whole) if is_text else io.BytesIO(whole.encode())
    counts = heard.read(reader, lines)
    assert counts == {"RECORD": 2, "STATE": 1}
    assert heard.messages == [
        {"type": "RECORD", "stream": "a", "record": {"email": "ada@example.com"}},
        {"type": "STATE", "value": {"at": 1}},
        {"type": "RECORD", "stream": "a", "record": {"email": "ada@example.com"}},
    ]
    assert reader.lines == 3
    assert reader.ended_whole


def test_decimals_keep_their_digits() -> None:
    heard = Heard()
    heard.read(Reader(), [b'{"type": "RECORD", "record": {"value": 12.30, "many": 7}}\n'])
    record = heard.messages[0]["record"]
    assert record == {"value": Decimal("12.30"), "many": 7}
    assert str(record["value"]) == "12.30"
    assert type(record["many"]) is int


@pytest.mark.parametrize(
    "bad",
    [
        f"Traceback: {SECRET}\n",
        f'{{"type": "RECORD", "record": {{"email": "{SECRET}"\n',
        f'{{"type": "RECORD", "record": {{"email": "{SECRET}}}}}\n',
        f'["RECORD", "{SECRET}"]\n',
        f'"{SECRET}"\n',
        f'{{"record": "{SECRET}"}}\n',
        f'{{"type": 7, "record": "{SECRET}"}}\n',
        f'{{"type": null, "record": "{SECRET}"}}\n',
        f'{{"type": ["{SECRET}"]}}\n',
        f'{{"type": "{SECRET}", "record": {{}}}}\n',
        "null\n",
        "12\n",
    ],
)
@pytest.mark.parametrize("is_text", [True, False])
def test_a_bad_line_is_told_by_its_number_and_nothing_in_it(bad: str, *, is_text: bool) -> None:
    lines = [STATE, RECORD, bad, STATE]
    heard, reader = Heard(), Reader()
    with pytest.raises(InputError) as caught:
        heard.read(reader, lines if is_text else encoded(lines))
    assert "Line 3 " in str(caught.value)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    told = traceback.format_exception(caught.value, chain=True)
    assert SECRET not in "".join(line for line in told if "File" not in line)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert len(heard.messages) == 2  # what came before was heard, what comes after was not
    assert not reader.ended_whole


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(InputError, match="Line 1 "):
        Heard().read(Reader(), [b'{"type": "RECORD", "record": {"name": "\xff\xfe"}}\n'])


def test_blank_lines_are_no_messages() -> None:
    heard, reader = Heard(), Reader()
    counts = heard.read(reader, [b"\n", b"  \r\n", STATE.encode(), b"\n"])
    assert counts == {"STATE": 1}
    assert reader.lines == 4
    assert reader.ended_whole


@pytest.mark.parametrize(
    ("lines", "is_whole"),
    [
        ([], True),
        ([STATE], True),
        ([STATE, STATE.rstrip("\n")], False),
        ([STATE.rstrip("\n"), STATE], True),
        ([STATE, "\n"], True),
        ([STATE, "  "], False),
        ([STATE.replace("\n", "\r\n")], True),
    ],
)
def test_whether_the_input_ended_behind_a_whole_line(lines: list[str], *, is_whole: bool) -> None:
    for given in (lines, encoded(lines)):
        reader = Reader()
        Heard().read(reader, given)
        assert reader.ended_whole is is_whole


def test_it_stops_when_it_is_told_to_and_nothing_is_whole_then() -> None:
    heard, reader = Heard(), Reader()
    counts = heard.read(reader, [STATE, STATE, STATE], stop_after=2)
    assert counts == {"STATE": 2}
    assert reader.lines == 2
    assert not reader.ended_whole
    assert not reader.is_reading


def test_it_waits_only_between_messages() -> None:
    reader = Reader()
    while_reading: list[bool] = []
    while_hearing: list[bool] = []

    def lines() -> Iterator[str]:
        for _ in range(3):
            while_reading.append(reader.is_reading)
            yield STATE

    callbacks = {"STATE": lambda _: while_hearing.append(reader.is_reading)}
    assert not reader.is_reading
    reader.read(lines(), callbacks, lambda: False)
    assert while_reading == [True] * 3
    assert while_hearing == [False] * 3
    assert not reader.is_reading


def test_what_a_callback_raises_goes_through() -> None:
    def fail(_: dict[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Reader().read([STATE], {"STATE": fail}, lambda: False)
