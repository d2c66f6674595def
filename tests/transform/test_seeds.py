"""The fixed lists beside the models, which no build tests again."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

# Per list, the columns that tell its rows apart, and those that may be blank.
_KEYS = {
    "iso_countries": ["country_id", "country_code", "country_alpha3", "country_name"],
    "meta_account_statuses": ["account_status"],
    "meta_action_types": ["action_type"],
    "meta_age_groups": ["age_group_id", "age_group"],
    "meta_attribution_windows": ["attribution_window", "sort_order"],
    "meta_currencies": ["currency"],
    "meta_device_platforms": ["device_id", "device_platform"],
    "meta_genders": ["gender_id", "gender"],
}
_MAY_BE_BLANK = {
    ("meta_age_groups", "max_age"),
    ("meta_attribution_windows", "click_days"),
    ("meta_attribution_windows", "view_days"),
}
_VALUES = {
    ("meta_currencies", "minor_units"): {"1", "100"},
    ("meta_action_types", "is_rollup"): {"true", "false"},
    ("meta_action_types", "channel"): {"any", "website", "app", "on_meta", "offline"},
    ("meta_attribution_windows", "kind"): {
        *("setting", "click", "view", "engaged_view", "inline", "sequenced", "passback"),
        *("data_driven", "incrementality", "skan", "custom"),
    },
}


def test_every_list_is_tested(project: Path) -> None:
    assert sorted(_KEYS) == sorted(path.stem for path in (project / "seeds").glob("*.csv"))


@pytest.mark.parametrize("name", _KEYS)
def test_a_list_is_sound(project: Path, name: str) -> None:
    with (project / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert rows
    seeds = yaml.safe_load((project / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    (described,) = [seed["columns"] for seed in seeds if seed["name"] == name]
    assert [column["name"] for column in described] == list(rows[0])
    for column in _KEYS[name]:
        found = [row[column] for row in rows]
        assert len(set(found)) == len(found), column
    for row in rows:
        for column, value in row.items():
            assert value == value.strip()
            assert value or (name, column) in _MAY_BE_BLANK, (row, column)
            assert value in _VALUES.get((name, column), {value}), (row, column)
