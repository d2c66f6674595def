"""The ledger beside dictionaries, through any steps."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.sample_ledger import AUDIENCE, OTHER, PIXEL, keys, labelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_meta_ads.ledger import Ledger


class Model:
    """A ledger, and what it should know as dictionaries; the names are those of its steps."""

    def __init__(self, reopen: Callable[[], Ledger], dice: random.Random) -> None:
        self.reopened = reopen
        self.dice = dice
        self.ledger = reopen()
        self.run = self.ledger.begin_run()
        self.members: dict[str, dict[bytes, tuple[bytes, int]]] = {AUDIENCE: {}, OTHER: {}}
        self.events: set[bytes] = set()
        self.staged: dict[bytes, bytes] = {}
        self.count = 0

    def rows(self, some: list[bytes]) -> list[tuple[bytes, bytes]]:
        self.count += 1
        return [(name, b"%d" % self.count) for name in some]

    def add(self, audience: str, some: list[bytes]) -> None:
        rows = self.rows(some)
        self.ledger.accept_members(self.ledger.claim(audience, some), rows, self.run)
        self.members[audience].update((name, (packed, self.run)) for name, packed in rows)

    def remove(self, audience: str, some: list[bytes]) -> None:
        self.ledger.accept_removals(self.ledger.claim(audience, some), some)
        for name in some:
            self.members[audience].pop(name, None)

    def mark(self, audience: str, some: list[bytes]) -> None:
        self.ledger.mark_seen(audience, some, self.run)
        model = self.members[audience]
        model.update((name, (model[name][0], self.run)) for name in some if name in model)

    def forget(self, audience: str, some: list[bytes]) -> None:
        model = self.members[audience]
        gone = {packed for name, (packed, _) in model.items() if name in some}
        left = {name: row for name, row in model.items() if row[0] not in gone}
        forgotten = self.ledger.forget_people([audience], gone.__contains__)
        assert forgotten == len(model) - len(left)
        self.members[audience] = left

    def event(self, _: str, some: list[bytes]) -> None:
        claim = self.ledger.claim(PIXEL, some)
        assert claim.done == self.events.intersection(some)
        self.ledger.accept_events(claim, claim.granted)
        self.events.update(some)

    def stage(self, audience: str, some: list[bytes]) -> None:
        if audience == AUDIENCE:
            rows = self.rows(some)
            self.ledger.stage(AUDIENCE, self.run, labelled(rows))
            self.staged.update(rows)

    def unstage(self, _: str, some: list[bytes]) -> None:
        self.ledger.unstage(AUDIENCE, some)
        for name in some:
            self.staged.pop(name, None)

    def swap(self, audience: str, _: list[bytes]) -> None:
        if audience == AUDIENCE:
            self.ledger.swap(AUDIENCE, self.run)
            self.members[AUDIENCE] = {name: (row, self.run) for name, row in self.staged.items()}
            self.staged = {}

    def begin_run(self, *_: object) -> None:
        self.run = self.ledger.begin_run()
        self.staged = {}

    def reopen(self, audience: str, _: list[bytes]) -> None:
        if audience == AUDIENCE:
            self.ledger = self.reopened()
            self.run = self.ledger.begin_run()
            self.staged = {}

    def look(self, everybody: list[bytes]) -> None:
        for audience, model in self.members.items():
            known = {name: packed for name, (packed, _) in model.items()}
            assert self.ledger.known_members(audience, everybody) == known
        assert self.ledger.known_events(PIXEL, everybody) == self.events

    def count_all(self, audience: str, _: list[bytes]) -> None:
        model = self.members[audience]
        unseen = {name: packed for name, (packed, seen) in model.items() if seen < self.run}
        assert self.ledger.counts(audience, self.run) == (len(model), len(unseen))
        pages = self.ledger.unseen(audience, self.run, 6)
        assert dict(row for page in pages for row in page) == unseen
        labelled_pages = self.ledger.staged(AUDIENCE, self.run, 6)
        found = {name: packed for page in labelled_pages for name, packed, _ in page}
        assert found == self.staged


@pytest.mark.parametrize("seed", range(3))
def test_as_dictionaries_would(reopen: Callable[[], Ledger], seed: int) -> None:
    dice = random.Random(seed)
    model = Model(reopen, dice)
    steps: list[Callable[..., None]]
    steps = [*([model.add] * 3), model.remove, model.mark, model.mark, model.forget, model.event]
    steps += [model.stage, model.stage, model.unstage, model.swap, model.reopen, model.count_all]
    steps += [model.begin_run]
    for _ in range(70):
        dice.choice(steps)(
            dice.choice([AUDIENCE, OTHER]), dice.sample(keys(40), dice.randrange(12))
        )
        model.look(keys(40))
