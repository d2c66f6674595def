from __future__ import annotations

import hashlib
from datetime import date

import pytest

from target_meta_ads.normalisation import birth_dates, hashing, phones, places
from target_meta_ads.normalisation import identifiers as ids
from target_meta_ads.normalisation.cells import Drop

DIGEST = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"  # mary@example.com
MD5 = hashlib.md5(b"mary@example.com").hexdigest()
EMPTY = hashlib.sha256(b"").hexdigest()
TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("normalised", "digest"),
    [
        (
            ids.email("John_Smith@gmail.com"),
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        ),
        (ids.email(" Mary@Example.com "), DIGEST),
        (
            phones.phone("(650)555-1212", "us"),
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
        (
            phones.phone("15559876543", None),
            "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e",
        ),
        (ids.name("Mary"), "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        (ids.name("정"), "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        (ids.name("Valéry"), "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        (
            ids.name("Vale\u0301ry"),  # the same name, typed in two characters
            "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
        ),
        (
            birth_dates.birth_date("2/16/1997", TODAY),
            "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c",
        ),
        (
            places.country("United States"),
            "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621",
        ),
    ],
)
def test_the_digests_that_meta_prints(normalised: str | Drop, digest: str) -> None:
    assert isinstance(normalised, str)
    assert hashing.digest(normalised) == digest
    assert hashing.raw(normalised).hex() == digest
    assert hashing.raw_of_few(normalised).hex() == digest


@pytest.mark.parametrize("given", [DIGEST, DIGEST.upper(), f"{DIGEST}.AQQAAQEA"])
def test_a_digest_is_known_and_never_hashed_again(given: str) -> None:
    assert hashing.already(given) == DIGEST
    assert hashing.given(given) == DIGEST
    assert hashing.digest(hashing.digest("mary@example.com")) == DIGEST


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "mary@example.com",
        DIGEST[:-1],
        f"{DIGEST}a",
        f"{DIGEST}.AQQ",
        "g" * 64,
        MD5,
        f"{DIGEST}\n",
    ],
)
def test_what_is_no_digest(plain: str) -> None:
    assert hashing.already(plain) is None


@pytest.mark.parametrize("word", ["", "null", "none", "n/a", "nan", "unknown"])
def test_the_digest_of_nothing_is_nobodys(word: str) -> None:
    digest = hashlib.sha256(word.encode()).hexdigest()
    assert hashing.already(digest) is None
    assert hashing.given(digest.upper()) is Drop.PLACEHOLDER


def test_nothing_is_never_hashed() -> None:
    with pytest.raises(ValueError, match="empty text"):
        hashing.digest("")


HASHED = {
    "email": ids.email,
    "phone": lambda value: phones.phone(value, "us"),
    "name": ids.name,
    "gender": ids.gender,
    "birth_date": lambda value: birth_dates.birth_date(value, TODAY),
    "city": places.city,
    "state": lambda value: places.state(value, "us"),
    "zip_code": lambda value: places.zip_code(value, "us"),
    "country": places.country,
}


@pytest.mark.parametrize("normalise", HASHED.values(), ids=HASHED)
def test_every_hashed_key_takes_digests_and_no_md5(normalise: object) -> None:
    assert callable(normalise)
    assert normalise(f" {DIGEST.upper()} ") == DIGEST
    assert normalise(f"{DIGEST}.AQQAAQEA") == DIGEST
    assert normalise(DIGEST.encode()) == DIGEST
    assert normalise(MD5) is Drop.MD5
    assert normalise(MD5.upper()) is Drop.MD5
    assert normalise(EMPTY) is Drop.PLACEHOLDER


def test_an_id_may_look_like_md5_or_be_a_digest() -> None:
    assert ids.external_id(MD5.upper()) == MD5.upper()
    assert ids.external_id(DIGEST.upper()) == DIGEST
    assert ids.external_id(EMPTY) is Drop.PLACEHOLDER


def test_long_texts_are_hashed_too() -> None:
    long = "é" * 5_000
    assert hashing.raw_of_few(long) == hashlib.sha256(long.encode()).digest()
