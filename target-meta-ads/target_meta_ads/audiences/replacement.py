"""All members of an audience replaced in one go, by Meta's own means.

While a session of `/usersreplace` is open the audience takes nothing else, and it ends after 90
minutes. So whatever the input holds is kept in the ledger first, and the session begins only after
its complete end. All requests of a session have one schema, and arrive one after the other; people
whose rows have another schema are added once it is over.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from typing_extensions import override

from target_meta_ads.audiences import calls, rows, verdict
from target_meta_ads.audiences.calls import MOST_ROWS, Session
from target_meta_ads.audiences.upload import INVALID_ENTRY, label_of
from target_meta_ads.delivery.destinations import Destination, Request
from target_meta_ads.delivery.rejects import without_values
from target_meta_ads.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meta_graph import Call, GraphError
    from target_meta_ads.delivery.destinations import Entry, Shared, Source
    from target_meta_ads.ledger import Claim

# Stands for the replacement as a whole where the ledger notes who is at work.
_WHOLE = bytes(16)


class Staged(NamedTuple):
    """A person as the ledger keeps them until the session begins.

    Attributes:
        key: 16 bytes that stand for them.
        packed: Their rows, see `rows`.
        label: JSON of the stream, and of what a reject would call them.
    """

    key: bytes
    packed: bytes
    label: bytes


class Part(NamedTuple):
    """What goes into one request.

    Attributes:
        schema: The keys that the rows have.
        people: Who is in it.
        session: Its place in the session; None for one that only adds.
    """

    schema: int
    people: list[Staged]
    session: Session | None


class Replacement(Destination):
    """Replaces the members of an audience by those of the input.

    Args:
        audience_id: The audience.
        name: What people call it, where it was found by its name.
        shared: What all destinations use.
        account: The account, whose limits it counts against.
        run: The ledger's number of this run.
        page_id: The page of page-scoped ids.
    """

    def __init__(
        self,
        audience_id: str,
        name: str | None,
        shared: Shared,
        *,
        account: str | None,
        run: int,
        page_id: str | None = None,
    ) -> None:
        super().__init__(label_of(audience_id, name), shared)
        self.audience_id = audience_id
        self._account = account
        self._run = run
        self._page_id = page_id
        self._chunk: dict[bytes, tuple[Entry, bool]] = {}
        self._first: int | None = None
        self._sources: dict[str, Source] = {}
        # Records by stream: all of them, and those delivered or rejected.
        self._taken: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._parts: Iterator[Part] = iter(())
        self._next: Part | None = None
        self._again: deque[Part] = deque()
        self._in_flight = False
        self._invalid = 0  # rows of the session, as last told
        self._claim: Claim | None = None

    # Records in.

    def take(self, entry: Entry, *, is_removal: bool) -> bool:
        """Take in a record; whether a chunk is full, so that `look_up` is due."""
        if self.failed is not None:
            self._lose(entry)
            return False
        if self._first is None:
            self._first = entry.number
        stream = entry.source.report.stream
        self._sources[stream] = entry.source
        self._taken[stream] += 1
        self._chunk[entry.key] = (entry, is_removal)
        return len(self._chunk) >= MOST_ROWS

    @property
    @override
    def held(self) -> int:
        return len(self._chunk)

    def look_up(self) -> bool:
        """Keep the chunk in the ledger, unless another run keeps its own there."""
        if not self._is_alone():
            return True
        chunk, self._chunk = self._chunk, {}
        ledger = self._shared.ledger
        ledger.unstage(self.audience_id, [key for key, one in chunk.items() if one[1]])
        staged = [
            (key, entry.content, _label(entry))
            for key, (entry, is_removal) in chunk.items()
            if not is_removal
        ]
        ledger.stage(self.audience_id, self._run, staged)
        return True

    def _is_alone(self) -> bool:
        """Keep other runs away from the audience; fail where one was here before.

        From the first person on: of two that keep theirs at once, each would take over from the
        other whoever is in both.
        """
        if self._claim is None:
            claim = self._shared.ledger.claim(self.audience_id, [_WHOLE], [])
            if claim.held:
                words = "another run replaces its members: run again"
                self.fail(StoppedError(f"{self.label}: {words}."))
                return False
            self._claim = claim
        return True

    @override
    def close(self, number: int) -> None:
        if self._chunk:
            self.look_up()

    # The session.

    def begin(self) -> None:
        """Begin the session: the input is complete."""
        if self.failed is not None or not self._is_alone():
            return
        self.look_up()
        counts: Counter[int] = Counter()
        for page in self._pages():
            for person in page:
                counts[rows.schema_of(person.packed)] += rows.count(person.packed)
        if not counts:
            self.fail(
                StoppedError(
                    f"{self.label}: the input has nobody for it, so replacing would empty it: "
                    "see that the input is whole. Members who are to go can be removed by "
                    "`sync_mode: remove`."
                )
            )
            return
        self._parts = self._all_parts(counts)
        self._next = next(self._parts)

    def _pages(self) -> Iterator[list[Staged]]:
        for page in self._shared.ledger.staged(self.audience_id, self._run, MOST_ROWS):
            yield [Staged(*row) for row in page]

    def _all_parts(self, counts: Counter[int]) -> Iterator[Part]:
        (main, total), *others = counts.most_common()
        session = calls.new_session(total)
        for number, (some, is_last) in enumerate(_with_last(self._groups(main)), 1):
            yield Part(main, some, Session(session.id, number, is_last, total))
        for schema, _ in others:
            for some in self._groups(schema):
                yield Part(schema, some, None)

    def _groups(self, schema: int) -> Iterator[list[Staged]]:
        """People of one schema, as many as go into a request."""
        group: list[Staged] = []
        count = 0
        for page in self._pages():
            for person in page:
                if rows.schema_of(person.packed) != schema:
                    continue
                more = rows.count(person.packed)
                if count + more > MOST_ROWS:
                    yield group
                    group, count = [], 0
                group.append(person)
                count += more
        if group:
            yield group

    @property
    @override
    def waiting(self) -> int:
        return int(self._next is not None and not self._in_flight)

    @override
    def next(self) -> Request | None:
        if self._next is None or self._in_flight or self.failed is not None:
            return None
        self._in_flight = True
        return Request(self._call(self._next), self, self._next)

    def _call(self, part: Part) -> Call:
        people = [person.packed for person in part.people]
        call, session = calls.replacement, part.session
        if session is None:
            call = calls.members
            session = calls.new_session(sum(map(rows.count, people)))
        return call(
            self.audience_id,
            part.schema,
            people,
            session,
            account=self._account,
            page_id=self._page_id,
        )

    # Answers.

    @override
    def _values(self, about: Part) -> Any:
        return [rows.unpack(person.packed)[1] for person in about.people]

    @override
    def _answered(self, about: Part, payload: Any, error: GraphError | None) -> None:
        self._in_flight = False
        if error is not None:
            self.fail(error)
            return
        before = self._invalid if about.session is not None else 0
        found = verdict.verdict(payload, [person.packed for person in about.people], before)
        if about.session is not None:
            self._invalid = verdict.count_invalid(payload)
        named = {place: reason for place, reason, _ in found.invalid}
        for place, reason in named.items():
            self._reject(about.people[place], reason)
        whole = [about.people[place].key for place, _, is_whole in found.invalid if is_whole]
        self._shared.ledger.unstage(self.audience_id, whole)
        rest = [person for place, person in enumerate(about.people) if place not in named]
        if found.is_complete:
            for person in rest:
                source, _ = self._source(person)
                source.report.delivered += 1
                self._done[source.report.stream] += 1
        else:
            # Added once more, a member stays one: so the others are found among fewer.
            middle = (len(rest) + 1) // 2
            halves = (rest[:middle], rest[middle:])
            self._again += [Part(about.schema, half, None) for half in halves if half]
        self._next = next(self._parts, None)
        if self._next is None and self._again:
            self._next = self._again.popleft()
        if self._next is None:
            self._finish()

    def _finish(self) -> None:
        ledger = self._shared.ledger
        ledger.swap(self.audience_id, self._run)
        if self._claim is not None:
            ledger.release(self._claim)
        for stream, taken in self._taken.items():
            report = self._sources[stream].report
            report.superseded += taken - self._done[stream]
        self._first = None

    def _source(self, person: Staged) -> tuple[Source, dict[str, Any]]:
        stream, safe_key = msgspec.json.decode(person.label)
        return self._sources[stream], safe_key

    def _reject(self, person: Staged, reason: str) -> None:
        source, safe_key = self._source(person)
        words = without_values(reason, rows.unpack(person.packed)[1])
        source.report.reasons[INVALID_ENTRY] += 1
        self._done[source.report.stream] += 1
        self._shared.rejects.write(
            source.report.stream, safe_key, INVALID_ENTRY, f"Meta refuses it: {words}."
        )

    @override
    def _numbers(self) -> Iterator[int]:
        if self._first is not None:
            yield self._first

    @override
    def _drop(self) -> Iterator[Entry]:
        self._next = None
        self._chunk.clear()
        if self._claim is not None:
            self._shared.ledger.release(self._claim)
            self._claim = None
        for stream, taken in self._taken.items():
            self._sources[stream].report.undelivered += taken - self._done[stream]
        self._taken.clear()
        yield from ()


def _label(entry: Entry) -> bytes:
    report, safe_key = entry.source
    label = [report.stream, safe_key(entry.identity, entry.key)]
    return msgspec.json.encode(label, enc_hook=str)


def _with_last(groups: Iterable[list[Staged]]) -> Iterator[tuple[list[Staged], bool]]:
    """Each group, and whether none follows."""
    before: list[Staged] | None = None
    for group in groups:
        if before is not None:
            yield before, False
        before = group
    if before is not None:
        yield before, True
