"""The macro `ratio` against exact arithmetic, on every engine."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.transform.test_macros import show

if TYPE_CHECKING:
    from tests.transform.warehouses import Warehouse

_MONEY, _COUNT = "numeric(18,4)", "bigint"
_LARGEST = "99999999999999.9999"
ROUNDINGS = [(6, 1), (4, 100), (6, 1000), (10, 1)]  # scale, times

PARTS = [
    # numerator, denominator, and their types
    ("1", _COUNT, "3", _COUNT),
    ("2", _COUNT, "3", _COUNT),
    ("-2", _COUNT, "3", _COUNT),
    # halves of the last digit, away from zero
    ("0.0001", _MONEY, "200", _COUNT),
    ("-0.0001", _MONEY, "200", _COUNT),
    ("1", _COUNT, "2000000", _COUNT),
    ("3", _COUNT, "-2000000", _COUNT),
    ("-5", _COUNT, "-2000000", _COUNT),
    ("5", _COUNT, "64000000", _COUNT),
    # a hair below and above a half, far beyond 16 digits
    ("999999999999999999", _COUNT, "2000000000000000000", _COUNT),
    ("1138685229867961629", _COUNT, "9223372036854775807", _COUNT),
    ("1138685229867961630", _COUNT, "9223372036854775807", _COUNT),
    ("-11386252779497220", _COUNT, "9223372036854775807", _COUNT),
    ("0.5000", _MONEY, "999999.9999", _MONEY),
    ("4444444.4445", _MONEY, "8888888888888.9000", _MONEY),
    ("1234567.8901", _MONEY, "0.0003", _MONEY),
    # nothing by something, and something by nothing
    ("0", _COUNT, "7", _COUNT),
    ("0", _COUNT, "-7", _COUNT),
    ("0", _COUNT, "0", _COUNT),
    ("7", _COUNT, "0.0000", _MONEY),
    (None, _COUNT, "7", _COUNT),
    ("7", _COUNT, None, _MONEY),
    (None, _MONEY, None, _COUNT),
    # the largest that fit, and the first that do not
    (_LARGEST, _MONEY, _LARGEST, _MONEY),
    (_LARGEST, _MONEY, "9223372036854775807", _COUNT),
    ("-" + _LARGEST, _MONEY, "101", _COUNT),
    (_LARGEST, _MONEY, "0.0001", _MONEY),
    ("9223372036854775807", _COUNT, "1", _COUNT),
    ("-9223372036854775807", _COUNT, "9223372036854775807", _COUNT),
    ("999999999998.9999", _MONEY, "1", _COUNT),
    ("999999999999", _COUNT, "1", _COUNT),
]


def quotient(
    numerator: str | None, denominator: str | None, scale: int, times: int
) -> Decimal | None:
    """Divide exactly and round half away from zero."""
    if numerator is None or denominator is None or not Fraction(denominator):
        return None
    exact = times * Fraction(numerator) / Fraction(denominator)
    if abs(exact) >= 10 ** (18 - scale) - 1:
        return None
    cut_off, rest = divmod(abs(exact) * 10**scale, 1)
    whole = cut_off + (rest >= Fraction(1, 2))
    return Decimal(whole if exact >= 0 else -whole).scaleb(-scale)


def test_ratios_are_exact(warehouse: Warehouse) -> None:
    cases = [(*parts, *rounding) for rounding in ROUNDINGS for parts in PARTS]
    selects = " union all ".join(
        f"select {position} as position, cast({{{{ ratio('n', 'd', {scale}, {times}) }}}} as text)"
        f" as quotient from (select cast({n or 'null'} as {n_type}) as n,"
        f" cast({d or 'null'} as {d_type}) as d) as parts"
        for position, (n, n_type, d, d_type, scale, times) in enumerate(cases)
    )
    found = show(warehouse, f"select * from ({selects}) as quotients order by 1")
    answers = [row["quotient"] and Decimal(row["quotient"]) for row in found]
    expected = [quotient(n, d, scale, times) for n, _, d, _, scale, times in cases]
    assert list(zip(cases, answers, strict=True)) == list(zip(cases, expected, strict=True))


def test_sums_are_parts_too(warehouse: Warehouse) -> None:
    """Sums have wider types than what they add up, and on DuckDB the widest there is."""
    query = """
        select cast({{ ratio('sum(spend)', 'sum(clicks)') }} as text) as quotient
        from (
            select cast('99999999999999.9999' as numeric(18,4)) as spend,
                cast(1 as bigint) as clicks
            union all select cast('0.0001' as numeric(18,4)), cast(9223372036854775806 as bigint)
        ) as parts
    """
    [found] = show(warehouse, query)
    assert Decimal(found["quotient"]) == quotient("1" + "0" * 14, "9223372036854775807", 6, 1)
