"""Singer tap for Meta ads: entities and Insights.

The pure modules decide, the others do:

* `settings`, `reports`, `fields`, `entities`: what was asked for, as data
* `dates`, `bookmarks`, `windows`: which days are still to be fetched
* `casting`: Meta's JSON into rows
* `accounts`, `insights`: the calls to Meta
* `streams`, `tap`: Singer
"""
