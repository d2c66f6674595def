"""What Meta has accepted, kept so that a run can be repeated, or killed and repeated.

A ledger is a database: an SQLite file for one worker at a time, PostgreSQL for several, any other
that SQLAlchemy knows for one. Each of its tables serves one promise:

* `members`: who is in which audience, and with what. A person who has not changed is not sent
  again; one who has is removed as they were, then added as they are; a mirror removes those whom
  its run has not seen.
* `staged`: who an audience will consist of when it is replaced. Nothing of it counts until the
  whole replacement is accepted, and then all of it at once.
* `events`: which events Meta has accepted, for as long as it would take them: seven days, or 62
  from a physical store. None of them is sent twice.
* `claims`: what each worker is sending now, written before the request leaves. No two workers send
  the same at the same time, and what a killed worker may have sent is known from then on.
  People whom it was adding or removing become members of whom nobody is certain.
* `lost`: events out of claims of dead workers, with the first time they may have been sent. It
  tells who repeats them whether Meta would still know an event again.
* `audiences`: the ids of audiences by their names. None is made twice.
* `figures`: what each run did, in numbers; see `history`.
* `recent`: batches on their way into the tables above, where the ledger is an SQLite file.
* `destinations` and `counters`: numbers for audiences and pixels, for workers and for runs.

No table has a personal value: people and events are keys of 16 bytes, cut from a SHA-256, and
`packed` is what the caller gives, hashes and ids that Meta takes plain.

What a method was told outlives the end of the process when it returns, and what was accepted a
power failure too. One thread uses a ledger. Every change of an audience's or a pixel's rows happens
in one transaction that holds the row of that destination, and so one after the other, whoever makes
it. Methods do nothing when they are given no keys.
"""

from target_meta_ads.errors import LedgerError
from target_meta_ads.ledger._claims import Claim, without_doubt
from target_meta_ads.ledger._history import RunFigure
from target_meta_ads.ledger._ledger import Ledger

__all__ = ["Claim", "Ledger", "LedgerError", "RunFigure", "without_doubt"]
