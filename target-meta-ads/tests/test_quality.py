from __future__ import annotations

from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.quality import Quality, QualityRow


def test_the_table_counts_cells_and_names_why_values_were_dropped() -> None:
    quality = Quality("crm-audience_members", ["email", "phone"])
    quality.records += 10
    phone = quality.columns["phone"]
    for _ in range(3):
        phone.drop(Drop.NO_COUNTRY_CODE)
    for _ in range(4):
        phone.drop(Drop.PLACEHOLDER)
    phone.drop(Drop.EMPTY)
    email = quality.columns["email"]
    email.drop_one_of_many(Drop.NOT_AN_EMAIL)  # the other one of the list was good
    email.hashed_already += 2
    assert quality.table() == [
        QualityRow("crm-audience_members", "email", 10, 10, 0, 2, {"not_an_email": 1}),
        QualityRow(
            "crm-audience_members", "phone", 10, 2, 8, 0, {"placeholder": 4, "no_country_code": 3}
        ),
    ]
    assert list(quality.table()[1].dropped) == ["placeholder", "no_country_code"]


def test_nothing_read_is_an_empty_table() -> None:
    assert Quality("orders").table() == []


def test_codes_are_words_of_their_own() -> None:
    assert len({drop.value for drop in Drop}) == len(Drop)
    assert all(drop.value == drop.name.lower() for drop in Drop)
