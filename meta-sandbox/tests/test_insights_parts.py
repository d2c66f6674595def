from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from meta_sandbox._insights import actions as act
from meta_sandbox._insights import breakdowns as bd
from meta_sandbox._insights import dates
from meta_sandbox._insights.facts import Facts, decimal, money
from meta_sandbox._world import metrics as m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meta_sandbox import World
    from meta_sandbox._world.objects import Ad

_SATURDAY = dates.day_of("2026-11-21")


def _cells(world: World, ads: Iterable[Ad], days: int = 30) -> list[m.Cell]:
    found: list[m.Cell] = []
    for ad in ads:
        today = ad.account.day(world.clock.seconds())
        cells = (m.cell(world.seed, ad, day, today, 12) for day in range(today - days, today))
        found += [cell for cell in cells if cell]
    return found


def _facts(cells: Iterable[m.Cell]) -> Facts:
    facts = Facts()
    for cell in cells:
        facts.add(cell.ad, cell.counts, cell.price)
    return facts


@pytest.mark.parametrize(
    ("minor", "digits", "text"),
    [
        (0, 2, "0"),
        (5, 2, "0.05"),
        (50, 2, "0.5"),
        (533_950, 2, "5339.5"),
        (1200, 2, "12"),
        (1234, 0, "1234"),
        (0, 0, "0"),
        (10**14 + 1, 2, "1000000000000.01"),
    ],
)
def test_money_is_written_in_major_units(minor: int, digits: int, text: str) -> None:
    assert money(minor, digits) == text


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (1, 3, "0.333333"),
        (2, 3, "0.666667"),
        (1, 1, "1"),
        (0, 7, "0"),
        (3, 2, "1.5"),
        (1, 10**7, "0"),
        (5, 10**7, "0.000001"),
        (10**18 + 1, 1, "1000000000000000001"),
    ],
)
def test_ratios_have_six_decimals_at_most(numerator: int, denominator: int, text: str) -> None:
    assert decimal(numerator, denominator) == text


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", "2026-11-21", "2026-11-21"),
        ("yesterday", "2026-11-20", "2026-11-20"),
        ("last_3d", "2026-11-18", "2026-11-20"),
        ("last_30d", "2026-10-22", "2026-11-20"),
        ("this_month", "2026-11-01", "2026-11-21"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_quarter", "2026-10-01", "2026-11-21"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-11-21"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("this_week_mon_today", "2026-11-16", "2026-11-21"),
        ("this_week_sun_today", "2026-11-15", "2026-11-21"),
        ("last_week_mon_sun", "2026-11-09", "2026-11-15"),
        ("last_week_sun_sat", "2026-11-08", "2026-11-14"),
        ("maximum", "2023-10-21", "2026-11-21"),
    ],
)
def test_presets(preset: str, first: str, last: str) -> None:
    since, until = dates.PRESETS[preset](_SATURDAY)
    assert (dates.iso(since), dates.iso(until)) == (first, last)


@pytest.mark.parametrize(
    ("since", "until", "increment", "expected"),
    [
        ("2026-11-01", "2026-11-03", 1, ["01/01", "02/02", "03/03"]),
        ("2026-11-01", "2026-11-10", 7, ["01/07", "08/10"]),
        ("2026-11-01", "2026-11-10", "all_days", ["01/10"]),
        ("2026-11-10", "2026-11-10", 90, ["10/10"]),
    ],
)
def test_periods_of_days(since: str, until: str, increment: int | str, expected: list[str]) -> None:
    found = dates.periods(dates.day_of(since), dates.day_of(until), increment)
    assert [f"{dates.iso(a)[-2:]}/{dates.iso(b)[-2:]}" for a, b in found] == expected


def test_months_are_cut_by_the_ends_of_the_range() -> None:
    found = dates.periods(dates.day_of("2025-12-15"), dates.day_of("2026-03-02"), "monthly")
    assert [(dates.iso(a), dates.iso(b)) for a, b in found] == [
        ("2025-12-15", "2025-12-31"),
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
        ("2026-03-01", "2026-03-02"),
    ]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-11-20", 37, "2023-10-20"),
        ("2026-03-31", 13, "2025-02-01"),
        ("2026-01-05", 1, "2025-12-05"),
    ],
)
def test_months_before(day: str, months: int, expected: str) -> None:
    assert dates.iso(dates.months_before(dates.day_of(day), months)) == expected


@pytest.mark.parametrize("family", bd._FAMILIES, ids=lambda family: ",".join(family.names))
def test_parts_add_up_to_the_whole(world: World, family: bd.Family) -> None:
    conversions = not bd.WITHOUT_OFF_META.intersection(family.names)
    for cell in _cells(world, world.ads(unlisted=True)[::5]):
        parts = bd.split(world.seed, cell, family.names, family, 24)
        sums = [sum(column) for column in zip(*parts.values(), strict=True)]
        upto = m.COUNTS if conversions else m.FIRST_CONVERSION
        assert sums[:upto] == list(cell.counts[:upto])
        assert not any(sums[upto:])
        assert all(min(counts) >= 0 for counts in parts.values())


@pytest.mark.parametrize(
    ("joint", "single"),
    [
        (("age", "gender"), ("age",)),
        (("age", "gender"), ("gender",)),
        (("country", "region"), ("country",)),
        (("publisher_platform", "platform_position"), ("publisher_platform",)),
    ],
)
def test_one_breakdown_is_the_sum_of_two(world: World, joint: bd.Keys, single: bd.Keys) -> None:
    family = bd.family_of(joint)
    assert family is not None
    assert bd.family_of(single) == family
    place = joint.index(single[0])
    for cell in _cells(world, world.ads()[:4]):
        added: Counter[tuple[str, int]] = Counter()
        for keys, counts in bd.split(world.seed, cell, joint, family, 24).items():
            for atom in range(m.FIRST_CONVERSION):
                added[keys[place], atom] += counts[atom]
        alone = {
            (keys[0], atom): counts[atom]
            for keys, counts in bd.split(world.seed, cell, single, family, 24).items()
            for atom in range(m.FIRST_CONVERSION)
        }
        assert {k: v for k, v in added.items() if v} == {k: v for k, v in alone.items() if v}


def test_single_events_fall_on_more_than_one_part(world: World) -> None:
    family = bd.family_of(("age",))
    assert family is not None
    ages = {
        keys[0]
        for cell in _cells(world, world.ads(world.accounts[0]))
        for keys, counts in bd.split(world.seed, cell, ("age",), family, 24).items()
        if cell.counts[m.COMMENT] == 1 and counts[m.COMMENT]
    }
    assert len(ages) >= 4


def test_hours_that_have_not_come_have_no_figures(world: World) -> None:
    family = bd.family_of((bd.HOURLY,))
    assert family is not None
    (cell, *_) = _cells(world, world.ads())
    parts = bd.split(world.seed, cell, (bd.HOURLY,), family, 5)
    assert max(parts) <= ("04:00:00 - 04:59:59",)
    assert sum(counts[m.SPEND] for counts in parts.values()) == cell.counts[m.SPEND]


_GOOD = "age gender age,gender country region country,region publisher_platform device_platform"
_GOOD += " publisher_platform,platform_position publisher_platform,impression_device product_id"
_GOOD += f" publisher_platform,device_platform comscore_market {bd.HOURLY} age,gender,body_asset"
_BAD = "age,gender,country publisher_platform,age country,region,dma impression_device"
_BAD += f" body_asset,title_asset {bd.HOURLY},age region,age"


@pytest.mark.parametrize("names", _GOOD.split())
def test_combinations_meta_takes(names: str) -> None:
    assert bd.combines(tuple(names.split(",")), ("action_type",), wants_actions=True)


@pytest.mark.parametrize("names", _BAD.split())
def test_combinations_meta_refuses(names: str) -> None:
    assert not bd.combines(tuple(names.split(",")), ("action_type",), wants_actions=True)


@pytest.mark.parametrize(
    ("breakdowns", "actions", "wants_actions", "good"),
    [
        (("platform_position",), ("action_type",), True, False),
        (("platform_position",), ("action_type",), False, True),
        (("country",), ("action_device",), True, False),
        (("publisher_platform",), ("action_device",), True, True),
        (("impression_device",), ("action_device",), True, True),
        (("age",), ("action_reaction",), True, False),
        ((), ("action_type", "action_reaction"), True, True),
        (("country",), ("action_carousel_card_id",), True, True),
        (("region",), ("action_carousel_card_id",), True, False),
        (("age",), ("action_target_id", "action_destination"), True, True),
    ],
)
def test_combinations_with_actions(
    breakdowns: bd.Keys, actions: bd.Keys, *, wants_actions: bool, good: bool
) -> None:
    assert bd.combines(breakdowns, actions, wants_actions=wants_actions) is good


def test_reach_of_a_sum_lies_between_the_greatest_part_and_the_sum(world: World) -> None:
    account = world.accounts[0]
    cells = _cells(world, world.ads(account))
    for campaign in world.campaigns(account):
        own = [cell for cell in cells if cell.ad.campaign is campaign]
        if not own:
            continue
        by_ad = [_facts(c for c in own if c.ad is ad).reach for ad in {cell.ad for cell in own}]
        whole = _facts(own).reach
        assert max(by_ad) <= whole <= sum(by_ad)
        assert whole <= _facts(own).impressions
    everything = _facts(cells)
    assert everything.reach < everything.atoms[m.REACH]


def test_windows_widen(world: World) -> None:
    purchases = 0
    for cell in _cells(world, world.ads()):
        facts = _facts([cell])
        for place in range(len(m.CONVERSIONS) + 1):
            if (windows := facts.windows(place)) is None:
                continue
            default, day, week, month, view, engaged = windows
            assert day <= week <= month
            assert engaged <= view or place == len(m.CONVERSIONS)
            expected = {
                "1d_click": day,
                "7d_click": week,
                "7d_click_1d_view": week + view,
            }[cell.ad.ad_set.attribution]
            assert default == expected
            purchases += place == 0
    assert purchases > 20


@pytest.mark.parametrize(
    ("trait", "inline", "link", "outbound", "clicks"),
    [
        (0, True, True, True, True),
        (1, False, True, True, True),
        (3, False, False, True, True),
        (7, False, False, False, True),
        (15, False, False, False, False),
    ],
)
def test_traits_hide_click_fields(
    world: World, trait: int, *, inline: bool, link: bool, outbound: bool, clicks: bool
) -> None:
    ads = [ad for ad in world.ads(unlisted=True) if ad.trait == trait]
    facts = _facts(_cells(world, ads, 50))
    assert facts.impressions > 0
    assert (facts.inline_link_clicks is not None) is inline
    assert bool(facts.link_clicks) is link
    assert bool(facts.outbound_clicks) is outbound
    assert (facts.clicks is not None) is clicks


def test_what_one_ad_hides_does_not_hide_the_others(world: World) -> None:
    cells = _cells(world, world.ads(world.accounts[0]))
    facts = _facts(cells)
    expected = sum(_facts([cell]).inline_link_clicks or 0 for cell in cells)
    assert facts.inline_link_clicks == expected > 0
    assert any(cell.ad.trait & m.NO_INLINE for cell in cells)


def test_engagement_holds_what_it_is_made_of(world: World) -> None:
    for cell in _cells(world, world.ads()[:6]):
        tally = dict(act.tally_actions(_facts([cell])))
        parts = ("link_click", "comment", "post_reaction", "post", "photo_view", "video_view")
        inside = sum(tally[name][0] for name in parts if name in tally)
        post = tally["post_engagement"][0] if "post_engagement" in tally else 0
        page = tally["page_engagement"][0] if "page_engagement" in tally else 0
        assert inside <= post <= page


_TALLY: act.Tally = [("purchase", (3, 1, 2, 4, 1, 0)), ("lead", (0, 0, 0, 2, 0, 0))]


def test_actions_without_windows_are_types_and_values() -> None:
    assert act.render(_TALLY, (), ()) == [{"action_type": "purchase", "value": "3"}]
    assert act.render([], (), ()) is None


def test_windows_are_keys_of_their_entries_where_not_zero() -> None:
    assert act.render(_TALLY, ("1d_click", "28d_click", "1d_ev", "7d_view"), ()) == [
        {"action_type": "purchase", "value": "3", "1d_click": "1", "28d_click": "4"},
        {"action_type": "lead", "value": "0", "28d_click": "2"},
    ]


@pytest.mark.parametrize("breakdowns", [("action_device",), ("action_reaction",)])
def test_action_breakdowns_divide_values(breakdowns: tuple[str, ...]) -> None:
    tally: act.Tally = [("post_reaction", (17, 17, 17, 17, 0, 0))]
    entries = act.render(tally, ("1d_click",), breakdowns)
    assert entries is not None
    assert len(entries) > 1
    assert sum(int(str(entry["value"])) for entry in entries) == 17
    assert sum(int(str(entry["1d_click"])) for entry in entries) == 17
    assert len({str(entry[breakdowns[0]]) for entry in entries}) == len(entries)


def test_costs_and_returns_per_action() -> None:
    assert act.cost_per(_TALLY, 1000, 2, (), ()) == [
        {"action_type": "purchase", "value": "3.333333"}
    ]
    assert act.return_on_spend(_TALLY, 2, (), (), "purchase") == [
        {"action_type": "purchase", "value": "1.5"}
    ]
    assert act.return_on_spend(_TALLY, 0, (), (), "purchase") is None
