"""The page on errors is in step with what the client and the plugins say."""

from __future__ import annotations

import re
from pathlib import Path

import meltano
import pytest

import docgen.troubleshooting as page
from meta_graph import _rules as rules

PAGE = "docs/troubleshooting.md"
OURS = ("meta-graph/meta_graph", "tap-meta-ads/tap_meta_ads", "target-meta-ads/target_meta_ads")


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    return (repository / PAGE).read_text(encoding="utf-8")


def quoted(text: str, heading: str) -> list[str]:
    """The sentences, or parts of them, that a section explains."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return [found.strip("`") for found in re.findall(r"^- \*\*(`.+`)\*\*$", section, re.MULTILINE)]


def sources(*folders: Path) -> str:
    """All that is said there, each sentence in one piece."""
    files = [
        file for folder in folders for file in folder.rglob("*") if file.suffix in {".py", ".sql"}
    ]
    whole = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r"[\"']\s*\n\s*~?\s*f?[\"']", "", whole)


def test_every_rule_has_a_row_and_every_row_a_rule() -> None:
    assert set(page.codes()) == set(rules.RULES)


def test_the_codes_of_a_family_are_one_rule_where_none_has_a_row_of_its_own() -> None:
    own = {code for about in page.MEANINGS.values() for code in about}
    for first, last in page.FAMILIES:
        together = {
            rules.RULES[code, None] for code in range(first, last + 1) if (code, None) not in own
        }
        assert together == {rules.RULES[first, None]}


def test_twins_mean_the_same() -> None:
    for one, other in page.TWINS.items():
        for about in page.MEANINGS.values():
            for code, subcode in about:
                if code == one and subcode is not None:
                    assert rules.RULES[code, subcode] == rules.RULES[other, subcode]


def test_every_code_in_the_text_is_known(text: str) -> None:
    told = {(int(code), int(subcode)) for code, subcode in re.findall(r"\b(\d+)/(\d+)\b", text)}
    assert told
    assert told <= set(rules.RULES)


def test_every_section_of_the_table_is_on_the_page(text: str) -> None:
    assert re.findall(r'section\("(.+)"\)', text) == list(page.MEANINGS)


def test_every_kind_of_error_has_a_word_that_is_explained(text: str) -> None:
    every = [*rules.RULES.values(), *(rule for _, _, rule in rules.TEXTS), *rules.STATUSES.values()]
    assert {rule.error for rule in every} == set(page.DONE)
    (table,) = re.findall(r"^\| Word .*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert set(re.findall(r"^\| ([a-z ]+) \|", table, re.MULTILINE)) == set(page.DONE.values())


@pytest.mark.parametrize("heading", ["Sentences of the tap", "Sentences of the target"])
def test_the_plugins_say_the_sentences(repository: Path, text: str, heading: str) -> None:
    said = sources(*(repository / folder for folder in OURS))
    sentences = quoted(text, heading)
    assert sentences
    assert [one for one in sentences if one not in said] == []


def test_the_others_say_their_sentences(repository: Path, text: str) -> None:
    said = sources(repository / "transform/macros", Path(meltano.__path__[0]) / "core")
    names = {file.stem for file in (repository / "transform/tests").rglob("*.sql")}
    sentences = quoted(text, "Sentences of Meltano, the loader and dbt")
    assert sentences
    # What PostgreSQL says stands in nobody's source here.
    known = {*names, "password authentication failed"}
    assert [one for one in sentences if one not in known and one not in said] == []
