from __future__ import annotations

from collections import Counter

import pytest

from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.quality import Quality
from target_meta_ads.report import (
    StreamReport,
    TargetMetric,
    metrics,
    table,
    too_many_rejects,
)


def rejecting(received: int, rejected: int, stream: str = "people") -> StreamReport:
    return StreamReport(stream, received=received, reasons=Counter(bad=rejected))


def test_the_table_of_one_plain_stream() -> None:
    report = StreamReport("people", received=12_345, delivered=12_000, unchanged=345)
    assert table([report]) == [
        "stream  received  delivered  unchanged  rejected",
        "people    12,345     12,000        345         0",
    ]


def test_the_table_has_a_column_for_what_only_some_have() -> None:
    lines = table(
        [
            StreamReport("people", received=3, delivered=1, superseded=2, not_removed=4),
            StreamReport("others", received=5, ignored=5),
        ]
    )
    assert lines == [
        "stream  received  delivered  unchanged  rejected  superseded  not removed  ignored",
        "people         3          1          0         0           2            4        0",
        "others         5          0          0         0           0            0        5",
    ]


def test_the_table_tells_why_records_were_rejected_the_most_frequent_first() -> None:
    report = StreamReport("people", received=9)
    report.reasons.update({"no_identifier": 2, "100/2804003": 1_500})
    lines = table([report])
    assert report.rejected == 1_502
    assert lines[2:] == [
        "",
        "stream  rejected since  records",
        "people  100/2804003       1,500",
        "people  no_identifier         2",
    ]


def test_of_many_reasons_the_worst_are_named() -> None:
    report = StreamReport("people")
    report.reasons.update({f"reason_{number:02}": number for number in range(1, 41)})
    named = [line for line in table([report]) if "reason_" in line]
    assert len(named) == 20
    assert "reason_40" in named[0]
    assert "reason_21" in named[-1]


def test_the_table_tells_how_match_keys_were_filled() -> None:
    quality = Quality("people", ("email", "phone"))
    quality.records = 200
    quality.columns["email"].drop(Drop.PLACEHOLDER)
    quality.columns["email"].hashed_already = 1_000
    for _ in range(50):
        quality.columns["phone"].drop(Drop.EMPTY)
    lines = table([StreamReport("people", quality)])
    assert lines[2] == ""
    assert [line.split() for line in lines[3:]] == [
        ["stream", "match", "key", "filled", "share", "dropped"],
        [
            *("people", "email", "199", "99.5", "%", "1", Drop.PLACEHOLDER.value + ","),
            *("(1,000", "hashed", "already)"),
        ],
        ["people", "phone", "150", "75.0", "%"],
    ]
    assert all(line == line.rstrip() for line in lines)


def test_a_stream_without_records_has_no_share() -> None:
    lines = table([StreamReport("people", Quality("people", ("email",)))])
    assert lines[-1].split() == ["people", "email", "0", "-"]


def test_the_table_of_nothing() -> None:
    assert [line.split() for line in table([])] == [
        ["stream", "received", "delivered", "unchanged", "rejected"]
    ]


def test_columns_stand_below_each_other() -> None:
    lines = table([StreamReport("a", received=1_000_000), StreamReport("longer_name", received=7)])
    end = lines[0].index("received") + len("received")
    assert lines[1][:end].endswith(" 1,000,000")
    assert lines[2][:end].endswith(" 7")


@pytest.mark.parametrize(
    ("reports", "most", "is_too_many"),
    [
        ([], 0.0, False),
        ([rejecting(0, 0)], 0.0, False),
        ([rejecting(100, 10)], 0.1, False),
        ([rejecting(100, 11)], 0.1, True),
        ([rejecting(100, 1)], 0.0, True),
        ([rejecting(100, 100)], 1.0, False),
        ([rejecting(100, 11), rejecting(100, 0, "b")], 0.1, False),
        ([rejecting(100, 11), rejecting(100, 10, "b")], 0.1, True),
    ],
)
def test_too_many_rejects(reports: list[StreamReport], most: float, *, is_too_many: bool) -> None:
    assert (too_many_rejects(reports, most) is not None) is is_too_many


def test_the_sentence_about_too_many_rejects_says_what_to_do() -> None:
    sentence = too_many_rejects([rejecting(20_000, 1_234, "people")], 0.05)
    assert sentence is not None
    assert sentence.startswith("1,234 of 20,000 records were rejected")
    assert "`max_reject_ratio` allows 0.05" in sentence
    assert "`rejects_path`" in sentence


def test_metrics() -> None:
    report = StreamReport("people", received=4, delivered=1, removed=2)
    report.reasons.update({"no_identifier": 2, "100/1": 1})
    tags = {"stream": "people"}
    assert list(metrics([report])) == [
        (TargetMetric.RECEIVED, 4, tags),
        (TargetMetric.DELIVERED, 1, tags),
        (TargetMetric.UNCHANGED, 0, tags),
        (TargetMetric.REJECTED, 3, tags),
        (TargetMetric.REMOVED, 2, tags),
        (TargetMetric.REJECTED_BY_CODE, 2, {"stream": "people", "code": "no_identifier"}),
        (TargetMetric.REJECTED_BY_CODE, 1, {"stream": "people", "code": "100/1"}),
    ]


def test_each_count_has_a_metric() -> None:
    report = StreamReport("people")
    for name in vars(report):
        if isinstance(getattr(report, name), int):
            setattr(report, name, 1)
    report.reasons["bad"] = 1
    assert {measure.metric for measure in metrics([report])} == set(TargetMetric)
