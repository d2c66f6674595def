"""Packed rows against plain ones: the index finds whom the rule means, and nobody else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_sandbox._graph.payload import read_upload
from meta_sandbox._world.members import IDENTIFIERS, KEYS, Members, agree, cells, unpack

_FEW = [hashlib.sha256(letter.encode()).hexdigest() for letter in "ab"]
_DEVICES = [f"3f2504e0-4f89-11d3-9a0c-0305e82c330{digit}" for digit in "12"]
_VALUES = {
    "EMAIL": _FEW,
    "PHONE": _FEW,
    "FN": _FEW,
    "EXTERN_ID": ["1", "é" * 40],
    "MADID": _DEVICES,
}
_PEOPLE = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in _VALUES.items()}
).filter(bool)


def _pack(person: dict[str, str]) -> bytes:
    payload = {"schema": list(person), "data": [list(person.values())]}
    upload = read_upload({"payload": payload}, adding=True, value_based=False)
    assert not upload.samples
    return upload.rows[0]


def _means(removal: dict[str, str], member: dict[str, str]) -> bool:
    """The rule once more, on plain rows."""
    if removal == member:
        return True
    shared = removal.keys() & member.keys()
    found_by = {KEYS[number] for number in IDENTIFIERS}
    return bool(shared & found_by) and all(removal[key] == member[key] for key in shared)


@given(_PEOPLE, _PEOPLE)
def test_the_rule(removal: dict[str, str], member: dict[str, str]) -> None:
    assert agree(_pack(removal), _pack(member)) == _means(removal, member)
    assert unpack(_pack(member)) == member


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(_PEOPLE, min_size=1, max_size=6)), min_size=1, max_size=8
    )
)
def test_a_history_of_uploads(batches: list[tuple[bool, list[dict[str, str]]]]) -> None:
    members, plain = Members(), list[dict[str, str]]()
    for adding, people in batches:
        rows = [_pack(person) for person in people]
        if adding:
            members.add(rows)
            plain += [p for n, p in enumerate(people) if p not in plain and p not in people[:n]]
        else:
            members.discard(members.meant(rows))
            plain = [m for m in plain if not any(_means(person, m) for person in people)]
        assert list(members.each()) == plain
        assert len(members) == len(plain)


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("blanks", [False, True])
def test_columns_are_packed_as_single_rows_are(width: int, blanks: bool) -> None:  # noqa: FBT001 - a parameter
    names = ["EMAIL", "PHONE", "FN", "MADID", "EXTERN_ID"][:width]
    people = []
    for number in range(50):
        person = {name: _VALUES[name][number >> n & 1] for n, name in enumerate(names)}
        if blanks and number % 3 == 0 and width > 1:
            person.pop(names[number % 2])
        people.append(person)
    data = [[person.get(name, "") for name in names] for person in people]
    payload = {"schema": names, "data": data}
    upload = read_upload({"payload": payload}, adding=True, value_based=False)
    assert upload.invalid == 0
    assert upload.rows == [_pack(person) for person in people]
    assert [set(cells(row)) for row in upload.rows] == [
        {KEYS.index(name) for name in person} for person in people
    ]
