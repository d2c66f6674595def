"""The star schema, read off the contracts of the dbt project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from docgen.tables import code, lines, table

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODELS = Path(__file__).parent.parent / "transform/models"
_DOC = re.compile(r"\{% docs (\w+) %\}\s*(.*?)\s*\{% enddocs %\}", re.DOTALL)
_DOC_USED = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")


@dataclass(frozen=True)
class Column:
    """A column of a mart.

    Attributes:
        name: Its name.
        type: Its type in PostgreSQL.
        about: What it holds.
        key: The dimension that it points to; empty if to none.
    """

    name: str
    type: str
    about: str
    key: str


@dataclass(frozen=True)
class Mart:
    """A table that the dbt project makes for users.

    Attributes:
        name: Its name.
        schema: `meta_ads` or `activation`.
        about: What a row is, in some sentences.
        key: Columns of its primary key.
        columns: Its columns in their order.
    """

    name: str
    schema: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that it points to, in the order of the columns."""
        return tuple(dict.fromkeys(column.key for column in self.columns if column.key))

    @property
    def is_fact(self) -> bool:
        """Whether it is a fact."""
        return self.name.startswith("fact_")

    @property
    def is_dimension(self) -> bool:
        """Whether it is a dimension as things are now, no history of one."""
        return self.name.startswith("dim_") and not self.name.endswith("_history")


@cache
def read() -> dict[str, Mart]:
    """Every mart by name, in the order of the project's files."""
    blocks = dict(_DOC.findall((_MODELS / "_docs.md").read_text(encoding="utf-8")))
    found = {}
    for path in sorted((_MODELS / "marts").rglob("_*__models.yml")):
        schema = "activation" if path.parent.name == "activation" else "meta_ads"
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = _mart(model, schema, blocks)
    return found


def _mart(model: dict[str, Any], schema: str, blocks: dict[str, str]) -> Mart:
    def said(text: str) -> str:
        return " ".join(_DOC_USED.sub(lambda used: blocks[used[1]], text).split())

    pointing = model.get("config", {}).get("meta", {}).get("foreign_keys", {})
    columns = [
        Column(
            column["name"],
            column["data_type"],
            said(column["description"]),
            pointing.get(column["name"], "").partition(".")[0],
        )
        for column in model["columns"]
    ]
    key = _primary_key(model)
    return Mart(model["name"], schema, said(model["description"]), tuple(key), tuple(columns))


def _primary_key(model: dict[str, Any]) -> list[str]:
    for constraint in model.get("constraints", []):
        if constraint["type"] == "primary_key":
            return list(constraint["columns"])
    return [
        column["name"]
        for column in model["columns"]
        if {"type": "primary_key"} in column.get("constraints", [])
    ]


def marts() -> str:
    """A row for each mart: name, primary key, first sentence about it."""
    rows = []
    for mart in read().values():
        about = re.split(r"(?<=\.)\s", mart.about)[0]
        rows.append([f"`{mart.name}`", code(mart.key), about])
    return table(["Table", "One row per", ""], rows)


def bus_matrix() -> str:
    """A row for each dimension, a column for each fact: a dot where the fact points to it."""
    facts = [mart for mart in read().values() if mart.is_fact]
    pointed = dict.fromkeys(dimension for fact in facts for dimension in fact.dimensions)
    # In the project's own order, histories behind.
    order = [name for name in read() if name in pointed]
    rows = [
        [f"`{name}`", *("●" if name in fact.dimensions else "" for fact in facts)] for name in order
    ]
    header = [re.sub(r"^fact_|_metrics$|_daily$", "", fact.name) for fact in facts]
    return table(["", *(name.replace("_", ", ") for name in header)], rows)


def tables(prefixes: Iterable[str]) -> str:
    """A section for each mart whose name begins so: what a row is, key, and every column.

    Args:
        prefixes: Beginnings of names, as `fact_`; `dim_` leaves histories out, and `history` is
            them.
    """
    wanted = tuple(prefixes)
    made = []
    for mart in read().values():
        is_history = mart.name.endswith("_history")
        if ("history" in wanted) if is_history else mart.name.startswith(wanted):
            made += [f"\n### {mart.name}\n\n{mart.about}\n\nOne row per {code(mart.key)}."]
            rows = [
                [f"`{one.name}`", one.type, one.about + (f" -> `{one.key}`" if one.key else "")]
                for one in mart.columns
            ]
            made += [table(["Column", "Type", ""], rows).rstrip("\n")]
    return lines(made)
