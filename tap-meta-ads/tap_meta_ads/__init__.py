"""Singer tap for Meta ads: entities and Insights.

The pure modules decide, the others do:

* `settings`, `reports`, `fields`: what was asked for, as data
* `accounts`, `entities`, `insights`: what is read, and which days are still to be fetched
* `engine`: reading ahead, for all accounts and streams at once
* `rows`: Meta's JSON into rows
* `summary`: what was done, in words and for machines
* `streams`, `tap`: Singer
"""
