from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from meta_sandbox import World
from meta_sandbox._world import draw as d
from meta_sandbox._world import metrics as m
from meta_sandbox._world.objects import overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meta_sandbox._world.objects import Ad

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=timezone.utc)


def _fingerprint(world: World) -> list[tuple[object, ...]]:
    now = world.clock.seconds()
    return [
        (ad.id, ad.name_at(now), ad.effective_status(now), ad.delivery_days, ad.creative.id)
        for ad in world.ads(unlisted=True)
    ]


def test_draws_are_the_same_on_every_machine() -> None:
    assert d.draws(1, 2, 3, 4)[:4] == (23542, 10198, 49327, 54125)
    assert d.encode_id(1, d.AD, 0) == "120278887442241031"


@pytest.mark.parametrize("kind", [d.ACCOUNT, d.AD, d.LEAD, d.RUN, d.POST])
@pytest.mark.parametrize("index", [0, 1, 2_000_017, 10**12 - 1])
def test_an_id_leads_back_to_its_object(kind: int, index: int) -> None:
    text = d.encode_id(5, kind, index)
    assert len(text) == 18
    assert int(text) > 2**53
    assert d.decode_id(5, text) == (kind, index)


@pytest.mark.parametrize("text", ["", "1202", "act_1", "120200000000000x00", "1" * 18, "me"])
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    assert d.decode_id(5, text) is None


def test_portions_never_exceed_the_whole_and_keep_their_mean() -> None:
    total = sum(d.portion(10, d.FULL // 4, draw) for draw in range(0, d.FULL, 64))
    assert total / (d.FULL // 64) == pytest.approx(2.5, abs=0.01)
    assert all(d.portion(7, d.FULL, draw) == 7 for draw in (0, 1, d.FULL - 1))


def test_one_seed_makes_one_world_whatever_the_hour() -> None:
    one = World(7, accounts=2, ads=30, days=40, now=NOW)
    other = World(7, accounts=2, ads=30, days=40, now=NOW)
    later = World(7, accounts=2, ads=30, days=40, now=NOW + timedelta(days=9), made_at=NOW)
    assert _fingerprint(one) == _fingerprint(other)
    one.clock.set(NOW + timedelta(days=9))
    assert _fingerprint(one) == _fingerprint(later)
    assert _fingerprint(World(8, accounts=2, ads=30, days=40, now=NOW)) != _fingerprint(other)


def test_ids_are_unique_and_beyond_what_a_float_holds(world: World) -> None:
    assert len(world.by_id) == sum(
        len(things)
        for number in range(3)
        for things in (
            world._campaigns[number],
            world._ad_sets[number],
            world._ads[number],
            world._creatives[number],
        )
    )
    assert all(len(key) == 18 for key in world.by_id)
    assert {len(account.account_id) for account in world.accounts} == {15, 17, 18}


def test_the_first_accounts_lie_at_both_ends_of_the_calendar(world: World) -> None:
    zones = [account.zone.key for account in world.accounts]
    assert {"Pacific/Honolulu", "Pacific/Auckland"} <= set(zones)
    assert {account.minor_digits for account in world.accounts} == {0, 2}
    at = NOW.timestamp()
    assert world.accounts[1].day(at) == world.accounts[0].day(at) + 1


def test_a_small_world_holds_every_kind_of_ad(world: World) -> None:
    now = world.clock.seconds()
    account = world.accounts[0]
    statuses = Counter(ad.effective_status(now) for ad in world.ads(account))
    assert {"ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "DISAPPROVED"} <= set(
        statuses
    )
    assert len(world.ads(account)) == 23
    assert len(world.ads(account, unlisted=True)) == 24
    assert {ad.trait for ad in world.ads(account)} == {0, 1, 3, 7, 15}
    assert any("\n" in ad.name for ad in world.ads(account))
    assert any(last < account.day(now) for ad in world.ads(account) for _, last in ad.delivery_days)


def test_time_brings_new_ads_names_and_statuses() -> None:
    world = World(1, accounts=1, ads=60, days=60, now=NOW)
    before = {ad.id: ad for ad in world.ads()}
    names = {ad.id: ad.name_at(world.clock.seconds()) for ad in before.values()}
    statuses = {ad.id: ad.effective_status(world.clock.seconds()) for ad in before.values()}
    world.clock.advance(45 * 86_400)
    now = world.clock.seconds()
    after = world.ads()
    assert len(after) > len(before)
    renamed = [ad for ad in after if ad.id in before and ad.name_at(now) != names[ad.id]]
    changed = [
        ad for ad in after if ad.id in before and ad.effective_status(now) != statuses[ad.id]
    ]
    assert renamed
    assert changed
    assert all(NOW.timestamp() < ad.updated_at(now) <= now for ad in renamed)


def test_what_has_happened_stays_as_it_was() -> None:
    world = World(1, accounts=1, ads=40, days=60, now=NOW)
    then = world.clock.seconds()
    before = [(ad.id, ad.name_at(then), ad.effective_status(then)) for ad in world.ads()]
    world.clock.advance(30 * 86_400)
    again = [
        (ad.id, ad.name_at(then), ad.effective_status(then))
        for ad in world.ads()
        if ad.created <= then
    ]
    assert again == before


def test_changes_are_in_order_and_within_the_objects_life(world: World) -> None:
    for thing in (*world.campaigns(), *world.ad_sets(), *world.ads(unlisted=True)):
        instants = [change.at for change in thing.changes]
        assert instants == sorted(instants)
        assert all(thing.created < at for at in instants)


def test_a_paused_ad_does_not_deliver(world: World) -> None:
    ads = world.ads(unlisted=True)
    assert any(ad.changes and ad.delivery_days for ad in ads)
    for ad in ads:
        for first, last in ad.delivery_days:
            noon = ad.account.instant(first, 12)
            assert ad.status_at(noon) == "ACTIVE"
            assert ad.campaign.status_at(noon) == "ACTIVE"
            assert ad.ad_set.status_at(noon) == "ACTIVE"
            if last < ad.account.day(world.clock.seconds()) - 1:
                after = ad.account.instant(last + 1, 12)
                three = (
                    ad.status_at(after),
                    ad.ad_set.status_at(after),
                    ad.campaign.status_at(after),
                )
                assert set(three) != {"ACTIVE"} or last == ad.flight[-1][1]


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ((), ((1, 9),), ()),
        (((1, 3), (6, 9)), ((2, 7),), ((2, 3), (6, 7))),
        (((1, 3),), ((4, 5),), ()),
    ],
)
def test_overlap_of_intervals(
    left: tuple[tuple[int, int], ...],
    right: tuple[tuple[int, int], ...],
    both: tuple[tuple[int, int], ...],
) -> None:
    assert overlap(left, right) == both


@pytest.mark.parametrize(
    "wrong", [{"accounts": 0}, {"ads": -1}, {"days": 0}, {"unlisted_share": 1.5}]
)
def test_an_impossible_world_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"world|share"):
        World(1, **wrong)  # type: ignore[arg-type] # that is the test


def _cells(
    world: World, looked_back: int = 50, hour: int = 12
) -> Iterator[tuple[Ad, int, int, m.Cell]]:
    for ad in world.ads(unlisted=True):
        today = ad.account.day(world.clock.seconds())
        for day in range(today - looked_back, today + 1):
            if cell := m.cell(world.seed, ad, day, today, hour):
                yield ad, day, today, cell


def test_figures_of_a_day_are_possible(world: World) -> None:
    seen = 0
    for _, _, _, cell in _cells(world):
        counts = cell.counts
        assert len(counts) == m.COUNTS
        assert min(counts) >= 0
        assert sum(counts[:5]) >= 1
        assert 1 <= counts[m.REACH] <= sum(counts[:5])
        assert cell.price > 0
        seen += 1
    assert seen > 500


def test_late_conversions_come_in_for_28_days_and_then_no_more(world: World) -> None:
    grown = 0
    for ad in world.ads(world.accounts[0]):
        day = ad.account.day(world.clock.seconds()) - 35
        ages = [m.cell(world.seed, ad, day, day + age, 12) for age in range(1, 40)]
        if ages[0] is None:
            continue
        assert None not in ages
        conversions = [sum(cell.counts[m.FIRST_CONVERSION :]) for cell in ages if cell]
        assert all(a <= b for a, b in pairwise(conversions))
        assert len(set(conversions[27:])) == 1
        views = {sum(cell.counts[:5]) for cell in ages if cell}
        assert len(views) == 1
        spends = [cell.counts[m.SPEND] for cell in ages if cell]
        assert spends[0] >= spends[1] >= spends[2] == spends[-1]
        grown += conversions[0] < conversions[-1]
    assert grown > 3


def test_today_grows_by_the_hour(world: World) -> None:
    ad = next(ad for ad, day, today, _ in _cells(world) if day == today)
    today = ad.account.day(world.clock.seconds())
    by_hour = [m.cell(world.seed, ad, today, today, hour) for hour in range(25)]
    views = [0 if cell is None else sum(cell.counts[:5]) for cell in by_hour]
    assert views[0] == 0
    assert views == sorted(views)
    assert views[-1] > views[6] > 0
    assert m.cell(world.seed, ad, today + 1, today, 12) is None


def test_some_days_nothing_is_delivered_at_all(world: World) -> None:
    account = world.accounts[0]
    delivered = {day for ad, day, _, _ in _cells(world) if ad.account is account}
    today = account.day(world.clock.seconds())
    quiet = set(range(today - 50, today)) - delivered
    assert 0 < len(quiet) < 10
