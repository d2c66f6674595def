from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.events.search import Search

if TYPE_CHECKING:
    from collections.abc import Collection


def searched(items: list[int], bad: Collection[int]) -> tuple[Counter[int], list[int], int]:
    """Search a refused request.

    Returns:
        How often each item was accepted, what was found to be bad, and the requests, the refused
        one included.
    """
    accepted: Counter[int] = Counter()
    requests = 1
    search = Search(items, "first")
    while search.request:
        requests += 1
        assert requests <= 3 * len(items) + 3, "requests without end"
        assert len(set(search.request)) == len(search.request)
        assert set(search.request) <= set(search.left)
        assert set(search.left).isdisjoint(accepted)
        if set(bad).isdisjoint(search.request):
            accepted.update(search.request)
            search.accepted()
        else:
            search.refused(f"request {requests}")
    assert search.left == []
    return accepted, [item for item, _ in search.bad], requests


@given(st.data())
def test_every_good_one_is_accepted_once_and_every_bad_one_is_found(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 200))
    bad = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=size))
    accepted, found, _ = searched(list(range(size)), bad)
    assert accepted == Counter(set(range(size)) - bad)
    assert sorted(found) == sorted(bad)
    assert len(found) == len(bad)


def test_one_bad_of_1000_wherever_it_is() -> None:
    requests = []
    for at in range(1000):
        _, found, count = searched(list(range(1000)), {at})
        assert found == [at]
        requests.append(count)
    assert sum(requests) / len(requests) <= 13
    assert max(requests) <= 19


def test_50_bad_over_20_batches() -> None:
    chance = random.Random(5)
    for _ in range(5):
        bad = set(chance.sample(range(20_000), 50))
        total = 0
        for start in range(0, 20_000, 1000):
            batch = list(range(start, start + 1000))
            here = bad & set(batch)
            total += searched(batch, here)[2] if here else 1
        assert total <= 20 + 11 * 50


def test_all_bad() -> None:
    accepted, found, requests = searched(list(range(1000)), range(1000))
    assert not accepted
    assert sorted(found) == list(range(1000))
    assert requests <= 1050


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_never_twice_as_many_requests_as_sending_one_by_one(share: float) -> None:
    chance = random.Random(7)
    bad = {item for item in range(1000) if chance.random() < share}
    assert searched(list(range(1000)), bad)[2] <= 2000


def test_one_alone_is_bad_without_another_request() -> None:
    search = Search(["only"], "why")
    assert search.request == []
    assert search.bad == [("only", "why")]
    assert search.left == []


def test_each_bad_one_has_the_reason_of_the_last_refusal_that_held_it() -> None:
    search = Search(["a", "b", "c", "d"], "of all")
    while search.request:
        here = [item for item in search.request if item in {"a", "d"}]
        if here:
            search.refused(f"of {here[0]}")
        else:
            search.accepted()
    assert dict(search.bad)["a"] == "of a"
    assert dict(search.bad)["d"] in {"of d", "of all"}
