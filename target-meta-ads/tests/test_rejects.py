from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from target_meta_ads.delivery.rejects import Rejects, without_values
from target_meta_ads.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path


def test_each_is_a_line_that_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "rejects.jsonl"
    rejects = Rejects(str(path))
    assert not path.parent.exists()
    rejects.write("people", {"id": 1}, "no_identifier", "One.")
    assert path.read_bytes().count(b"\n") == 1
    rejects.write("events", {"id": "ü"}, "100/2804003", "Two,\nin two lines.")
    # Before it is closed: the state that stands for it may go out next.
    assert [json.loads(line) for line in path.read_bytes().splitlines()] == [
        {"stream": "people", "key": {"id": 1}, "code": "no_identifier", "message": "One."},
        {
            "stream": "events",
            "key": {"id": "ü"},
            "code": "100/2804003",
            "message": "Two,\nin two lines.",
        },
    ]
    rejects.close()


def test_a_line_is_never_half_there(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    rejects = Rejects(str(path))
    for number in range(3):
        rejects.write("a", {"id": number}, "b", "x" * 200_000)  # more than any buffer holds
        lines = path.read_bytes().splitlines(keepends=True)
        assert len(lines) == number + 1
        assert lines[-1].endswith(b"\n")
        assert json.loads(lines[-1])["key"] == {"id": number}
    rejects.close()


def test_a_run_adds_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    for message in ("One.", "Two."):
        rejects = Rejects(str(path))
        rejects.write("a", {}, "b", message)
        rejects.close()
    lines = path.read_bytes().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["One.", "Two."]


def test_without_rejects_there_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    Rejects(str(path)).close()
    Rejects(None).write("a", {}, "b", "c")
    Rejects(None).close()
    assert list(tmp_path.iterdir()) == []


def test_keys_of_any_type(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    rejects = Rejects(str(path))
    moment = datetime(2026, 11, 20, tzinfo=timezone.utc)
    key: dict[str, Any] = {"a": Decimal("1.50"), "b": moment, "c": None, "d": [1], "e": 2**70}
    rejects.write("a", key, "b", "c")
    rejects.close()
    found = json.loads(path.read_bytes())["key"]
    assert found["c"] is None
    assert found["d"] == [1]
    assert str(found["a"]) == "1.50"
    assert found["b"].startswith("2026-11-20T00:00:00")


@pytest.mark.parametrize("blocked", ["folder", "file"])
def test_one_that_cannot_be_written(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path if blocked == "folder" else tmp_path / "file" / "rejects.jsonl"
    with pytest.raises(FileError, match="`rejects_path`"):
        Rejects(str(path)).write("a", {}, "b", "c")


@pytest.mark.parametrize(
    ("words", "sent", "left"),
    [
        ("Nothing of it.", {"em": "ada@example.com"}, "Nothing of it"),
        ("Bad ada@example.com here.", {"em": "ada@example.com"}, "Bad (left out) here"),
        ("Bad ada@example.com.", {"user_data": {"em": ["x", "ada@example.com"]}}, "Bad (left out)"),
        ("Bad 1700000000.", {"event_time": 1700000000}, "Bad (left out)"),
        ("Bad 12.50 value.", {"value": Decimal("12.50")}, "Bad (left out) value"),
        (
            "Bad abcd and abcdefgh.",
            ["abcd", "abcdefgh"],
            "Bad (left out) and (left out)",
        ),  # the longer first
        ("Twice: adas, adas.", "adas", "Twice: (left out), (left out)"),
        ("A US is in Australia.", {"country": "US", "city": "in"}, "A US is in Australia"),
        ("Null None.", {"a": None}, "Null None"),
        ("Of tuples, wxyz.", ("wxyz",), "Of tuples, (left out)"),
        ("", {"a": "abcd"}, ""),
    ],
)
def test_metas_words_without_what_was_sent(words: str, sent: object, left: str) -> None:
    assert without_values(words, sent) == left
