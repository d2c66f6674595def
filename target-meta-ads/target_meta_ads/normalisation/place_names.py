"""What people write for a state or a country and ISO 3166 does not list, as data.

Names are without blanks, punctuation, accents and "the".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES = {
    "dc": "washingtondc washdc districtcolumbia",
    "ny": "newyorkstate stateofnewyork",
    "wa": "washingtonstate stateofwashington",
    "vi": "virginislands usvirginislands unitedstatesvirginislands",
    # The post's codes for its armed forces.
    "aa": "aa armedforcesamericas",
    "ae": "ae armedforceseurope",
    "ap": "ap armedforcespacific",
}

COUNTRIES = {
    "ae": "uae emirates",
    "at": "osterreich oesterreich autriche",
    "ba": "bosnia",
    "be": "belgie belgique belgien",
    "bg": "balgariya",
    "bn": "brunei",
    "bo": "bolivia",
    "br": "brasil brasilien",
    "cd": "drcongo drc democraticrepublicofcongo congokinshasa",
    "cg": "congobrazzaville",
    "ch": "schweiz suisse svizzera",
    "ci": "ivorycoast",
    "cn": "prc prchina mainlandchina",
    "cv": "capeverde",
    "cz": "czechrepublic cesko ceskarepublika tschechien",
    "de": "deutschland allemagne alemania germania brd",
    "dk": "danmark danemark",
    "es": "espana spanien espagne",
    "fi": "suomi finnland",
    "fm": "micronesia",
    "fr": "frankreich francia",
    "gb": "uk greatbritain britain england scotland wales northernireland grossbritannien",
    "gr": "hellas ellada griechenland",
    "hr": "hrvatska",
    "hu": "magyarorszag ungarn",
    "ie": "eire republicofireland",
    "ir": "iran",
    "it": "italia italien italie",
    "kp": "northkorea",
    "kr": "korea southkorea",
    "la": "laos",
    "md": "moldova",
    "mf": "stmartin saintmartin",
    "mk": "macedonia",
    "mm": "burma",
    "mo": "macau",
    "nl": "holland nederland niederlande",
    "no": "norge norwegen",
    "pl": "polska polen",
    "ps": "palestine",
    "ru": "russia rossiya",
    "sa": "ksa",
    "se": "sverige schweden",
    "si": "slovenija",
    "sk": "slovensko",
    "sy": "syria",
    "sz": "swaziland",
    "tl": "easttimor",
    "tr": "turkey turkiye turkei",
    "tw": "taiwan",
    "tz": "tanzania",
    "us": "america usofa usofamerica estadosunidos etatsunis vereinigtestaaten",
    "va": "vatican vaticancity",
    "ve": "venezuela",
    "vg": "britishvirginislands bvi",
    "vi": "usvirginislands virginislandsus",
    "vn": "vietnam",
    # ISO 3166 leaves these letters to be used so, and Meta's own lists of countries have them.
    "xk": "xk xkx kosovo",
}


def turned(names: Mapping[str, str]) -> dict[str, str]:
    """Turn a table here into one from each name to its code."""
    return {name: code for code, listed in names.items() for name in listed.split()}
