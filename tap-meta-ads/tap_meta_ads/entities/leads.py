"""Reading leads: what people filled into the forms of ads.

Meta lists leads by ad or by form, never by account. So the ads that can have leads are listed, and
each is asked for its leads, 50 in one exchange. Meta counts each of the 50 as a call, so ads that
cannot have any are left out: by what they are for, or since they ended before what Meta keeps.

Leads belong to the page of the ad, and one account may advertise for several pages. So what Meta
refuses for one ad it may grant for the next, unless the token has no permission for leads at all.

Leads are people. Nothing here writes anything of a row into a log line or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from meta_graph import (
    MAX_BATCH,
    Call,
    GraphError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    RetryableError,
    SkippableError,
    UnknownFieldError,
)
from tap_meta_ads.engine.place import Place
from tap_meta_ads.engine.tasks import Ask, AskAll, Emit, Page
from tap_meta_ads.entities.definitions import ADS, since_filter
from tap_meta_ads.entities.listing import EntityTrack, Listed, Newest, Rows, instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_meta_ads.engine.tasks import Task

LEADS_AT_ONCE = 10_000
"""Leads that one exchange may bring: all pages of a batch must fit into memory."""

KEPT = timedelta(days=90)
"""For so long Meta keeps leads."""

AFTERWARDS = timedelta(days=7)
"""For so long after an ad has ended somebody may still send the form that was open."""

PERMISSION = "leads_retrieval"
"""What a token needs to read leads of any page."""

GRANT = (
    "Give the token's user leads access to the page of each of these ads in Business settings; "
    "the next run then reads what Meta keeps of their leads, 90 days."
)

AD_FIELDS = (
    "id",
    "status",
    "updated_time",
    "campaign{objective}",
    "adset{optimization_goal,destination_type}",
)

_ENDED = frozenset({"ARCHIVED", "DELETED"})


class _Parent(msgspec.Struct):
    """What an ad's campaign or ad set is for."""

    objective: str | None = None
    optimization_goal: str | None = None
    destination_type: str | None = None


class Ad(msgspec.Struct):
    """What tells whether an ad can have leads.

    Attributes:
        id: Its number.
        status: The status that was set for itself.
        updated_time: When it was last changed, as Meta writes it.
        campaign: Its campaign's `objective`.
        adset: Its ad set's `optimization_goal` and `destination_type`.
    """

    id: str
    status: str | None = None
    updated_time: str | None = None
    campaign: _Parent | None = None
    adset: _Parent | None = None

    def can_have_leads(self) -> bool:
        """Whether it may show a form: unless all that Meta says of it speaks against it.

        `OUTCOME_LEADS`, `LEAD_GENERATION`, `QUALITY_LEAD` and the like name leads; `ON_AD` is the
        destination of forms.
        """
        campaign, ad_set = self.campaign or _Parent(), self.adset or _Parent()
        if campaign.objective is None:
            return True
        words = (campaign.objective, ad_set.optimization_goal, ad_set.destination_type)
        return ad_set.destination_type == "ON_AD" or any("LEAD" in (word or "") for word in words)

    def has_ended(self, before: datetime) -> bool:
        """Whether it was archived or deleted before an instant; from then on it shows nothing."""
        changed = instant(self.updated_time)
        return self.status in _ENDED and changed is not None and changed < before


_decode_ad = msgspec.json.Decoder(Ad).decode


@dataclass
class Found(Listed):
    """The ads that can have leads.

    Attributes:
        ads: Their numbers.
    """

    ads: list[str] = field(default_factory=list)


@dataclass
class LeadsTrack(EntityTrack):
    """The leads of one account: a task that finds the ads, then tasks for the ads; see `Track`."""

    _chunks: list[list[str]] = field(default_factory=list)
    _open: int = 0
    _may_read: bool = False
    _is_permitted: bool = False
    _count: int = 0
    _unread: int = 0
    _denied: dict[str, PermissionDeniedError] = field(default_factory=dict)
    _gone: list[str] = field(default_factory=list)
    _newest: Newest = field(init=False)

    def __post_init__(self) -> None:
        """Begin at the bookmark."""
        self._newest = Newest(self.entity.replication_key, self.since)

    def first_of(self, ad: str) -> datetime:
        """The instant from which on an ad's leads are asked for."""
        return self.start if self.since is None or ad in self.behind else self.since

    def next(self) -> Task[Any] | None:
        """Find the ads; then read them, a task at a time until one of them could be read."""
        if not self._has_begun:
            self._has_begun = True
            self._open += 1
            return self.find_ads()
        if not self._chunks or (self._open and not self._may_read):
            return None
        self._open += 1
        return self.read_ads(self._chunks.pop(0))

    def finished(self, result: Listed) -> None:
        """Lay out what is to be read of the ads. The last task's result has the bookmark."""
        self._open -= 1
        if isinstance(result, Found) and result.ads:
            # The first is asked alone: without the permission that costs two calls, not 50.
            first, *others = result.ads
            self._count = self._unread = len(result.ads)
            self._chunks = [[first], *_chunks(others)]
        if not self._chunks and not self._open:
            self.is_over = True
            result.read_to = self.safe(self._newest.time)
            # An ad that was just listed may be gone for this token alone.
            result.left_out = (*self._denied, *self._gone)
            result.denied = self._denial()

    def find_ads(self) -> Task[Found]:
        """The ads that can have leads."""
        try:
            return (yield from self._ads_by(AD_FIELDS))
        except UnknownFieldError as error:
            self.log.warning("Asking all ads for leads: %s", error)
            return (yield from self._ads_by(("id",)))

    def _ads_by(self, names: tuple[str, ...]) -> Task[Found]:
        found = Found()

        def may_have_new(ad: Ad) -> bool:
            ended = max(self.first_of(ad.id), self.started - KEPT) - AFTERWARDS
            return ad.can_have_leads() and not ad.has_ended(ended)

        def judge(rows: Rows) -> Rows:
            found.ads += [ad.id for ad in map(_decode_ad, rows) if may_have_new(ad)]
            return []

        filtering = ADS.filtering(include_deleted=self.include_deleted, updated_since=None)
        query = {"fields": names, "filtering": filtering}
        yield from self.pages(f"{self.account.path}/{ADS.edge}", query, lambda: judge)
        found.ads = list(dict.fromkeys(found.ads))  # a listing may have begun again
        return found

    def read_ads(self, ads: Sequence[str]) -> Task[Listed]:
        """The leads of at most 50 ads."""
        open_ = [Place(f"{ad}/{self.entity.edge}") for ad in ads]
        failed: list[Place] = []
        gone: dict[str, NotFoundError] = {}
        while open_ or failed:
            asked, open_ = open_, []
            if failed:
                # One is tried alone, with all patience; when it comes, so may the others.
                asked, open_, failed = failed[:1], [*asked, *failed[1:]], []
            limit = min(self.page, LEADS_AT_ONCE // len(asked))
            rows: Rows = []
            answers = yield from self._ask(asked, limit)
            for place, answer in zip(asked, answers, strict=True):
                if isinstance(answer, Page):
                    rows += answer.data
                    self._may_read = True
                    if place.move(answer):
                        open_.append(place)
                elif isinstance(answer, RetryableError) and len(asked) > 1:
                    failed.append(place)
                elif isinstance(answer, NotFoundError):
                    gone[_ad_of(place)] = answer
                elif isinstance(answer, PermissionDeniedError):
                    yield from self._deny(place, answer)
                else:
                    self._ask_otherwise(place, answer, limit)
                    open_.append(place)
            if rows:
                yield Emit(self._newest.seen(rows))
        self._unread -= len(ads)
        self._tell(gone)
        return Listed()

    def _ask_otherwise(self, place: Place, error: GraphError, limit: int) -> None:
        if not place.restart(error):
            self.cope(error, limit)

    def _deny(self, place: Place, error: PermissionDeniedError) -> Task[None]:
        """Go on without an ad whose leads are not for this token.

        Raises:
            PermissionDeniedError: No ad's are. That is asked once, when none has been read yet: it
                costs one call, where each ad would cost another.
        """
        if not (self._may_read or self._is_permitted):
            if (yield from self._lacks_permission()):
                raise error
            self._is_permitted = True
        self._denied[_ad_of(place)] = error

    def _lacks_permission(self) -> Task[bool]:
        """Whether Meta says that the token may read no leads; what it says of one ad does not."""
        call = Call("GET", "me/permissions", account=self.account.id)
        try:
            page: Page = yield Ask(call, page=True)
        except (RequestError, SkippableError):
            return False
        found = [one for one in map(msgspec.json.decode, page.data) if isinstance(one, dict)]
        granted = {one.get("permission") for one in found if one.get("status") == "granted"}
        return bool(granted) and PERMISSION not in granted

    def _tell(self, gone: Mapping[str, NotFoundError]) -> None:
        """Go on without ads that cannot be read, unless there is not one that could be.

        Args:
            gone: Those that are gone, of the ads of this task.
        """
        if not self._may_read and not self._unread:
            for error in (*self._denied.values(), *gone.values()):
                raise error
        for ad, error in gone.items():
            self._gone.append(ad)
            self.log.warning("%s/%s is left out: %s", ad, self.entity.edge, error)
        if not self._unread and (denial := self._denial()):
            words = "The leads of %d of %d ads are left out: %s"
            self.log.warning(words, len(self._denied), self._count, denial)

    def _denial(self) -> PermissionDeniedError | None:
        """Why ads were left out that are not for this token, and what to do about it."""
        error = next(iter(self._denied.values()), None)
        return error and error.about(advice=GRANT)

    def _ask(self, places: Sequence[Place], limit: int) -> Task[list[Page | GraphError]]:
        calls = tuple(self._call(place, limit) for place in places)
        if len(calls) > 1:
            answers: list[Page | GraphError] = yield AskAll(calls, page=True)
            return answers
        try:
            return [(yield Ask(calls[0], page=True))]
        except GraphError as error:
            return [error]

    def _call(self, place: Place, limit: int) -> Call:
        first = self.first_of(_ad_of(place))
        params = {
            "fields": self.asked.columns,
            "filtering": [since_filter("time_created", int(first.timestamp()))],
            "limit": limit,
            "after": place.after,
        }
        return Call("GET", place.path, params, account=self.account.id)


def _ad_of(place: Place) -> str:
    return place.path.partition("/")[0]


def _chunks(ads: Sequence[str]) -> list[list[str]]:
    return [list(ads[at : at + MAX_BATCH]) for at in range(0, len(ads), MAX_BATCH)]
