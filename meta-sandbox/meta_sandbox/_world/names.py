"""Names for the made-up advertiser, among them those that break careless programs."""

from __future__ import annotations

ACCOUNT_NAMES = (
    "Aloha Outfitters",
    "Kōwhai & Co. (NZ)",
    "東京スニーカー",
    "Grünwald Möbel GmbH",
    'Five Boroughs "Deli"',
    "दिल्ली स्टोर",
    "Padaria São João",
    "Thames; Tea\\Coffee",
)

CAMPAIGN_THEMES = (
    "Spring Sale",
    "Retargeting | DE/AT/CH",
    "Prospecting \u2013 broad",
    'Launch "Aurora"',
    "Black Friday 🛍️",
    "新生活キャンペーン",
    "Always On; Brand",
    "Q4\\Holiday",
)

AD_SET_THEMES = (
    "Women 25-44",
    "Lookalike 1%, 3%",
    "Ad set, with comma",
    "Мужчины 18+",
    "Cart abandoners 7d",
    "عملاء جدد",
    "Interests: \"running\"; 'yoga'",
    "Broad 🇳🇿",
)

# Line breaks, tabs, quotes, backslashes, separators, right-to-left text, joined emoji, combining
# accents, leading zeros, words that parsers take for values, and blanks at the ends.
AD_THEMES = (
    "Carousel A",
    "Video 15s 🎬",
    "Two\nlines",
    'He said "buy"',
    "C:\\new\\table",
    "semi;colon, comma\tand tab",
    "夏のセール 50%",
    "مرحبا بالعالم",
    "Family 👩‍👩‍👧‍👦 pack",
    "cafe\u0301 cre\u0300me",
    "0012",
    "NULL",
    "{json: [1, 2]}",
    "  padded  ",
    "it's $5 & <b>bold</b>",
    "Ünïcödé ✓",
    "-- DROP TABLE ads;",
    "50 % off!",
)

BODIES = (
    "Fresh styles, shipped free.",
    "Nur diese Woche: 20 % auf alles.",
    "Line one\nLine two — “quoted”",
    "送料無料 🎁",
    "Don't miss out; it's back.",
)

FIRST_NAMES = ("Ana", "Björn", "Chloé", "Daisuke", "Efua", "Fatma", "Giulia", "Hemi", "Iván", "Joy")
LAST_NAMES = (
    "Alder",
    "Brook",
    "Cedar",
    "Dale",
    "Elm",
    "Forrest",
    "Grove",
    "Heath",
    "Ivy",
    "Juniper",
)


def numbered(themes: tuple[str, ...], index: int, sign: str) -> str:
    """Return the ``index``-th name of a list of themes, numbered to tell objects apart."""
    return f"{themes[index % len(themes)]} {sign}{index + 1}"
