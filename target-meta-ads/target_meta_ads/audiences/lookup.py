"""Custom audiences of an account: looked at by id, found by name, or created.

Fields and states: reference of `CustomAudience`, Marketing API v26.0.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meta_graph import Call, NotFoundError
from target_meta_ads.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from meta_graph import GraphClient
    from target_meta_ads.delivery.dry_run import DryRun
    from target_meta_ads.ledger import Ledger
    from target_meta_ads.streams.blocks import AudienceStream

FIELDS = ("id", "name", "subtype", "operation_status", "is_value_based")

PAGE = 20
"""Audiences of one page, as Meta recommends: larger ones are refused as too much data."""

FLAGGED = 471

_WAIT = 0.5
_PATIENCE = 120.0


@dataclass(frozen=True)
class Audience:
    """An audience as Meta describes it.

    Attributes:
        id: Its id.
        name: Its name.
        subtype: `CUSTOM` for a list of customers.
        status: Meta's code: 200 is normal, 471 flagged.
        status_words: What Meta says of it.
        is_value_based: Whether its members have a value; None when Meta does not say.
    """

    id: str
    name: str
    subtype: str
    status: int | None
    status_words: str
    is_value_based: bool | None


def audience_of(payload: Mapping[str, Any]) -> Audience:
    """Read an audience from Meta's JSON."""
    status = payload.get("operation_status") or {}
    return Audience(
        str(payload["id"]),
        str(payload.get("name") or ""),
        str(payload.get("subtype") or "CUSTOM"),
        status.get("code"),
        str(status.get("description") or ""),
        payload.get("is_value_based"),
    )


def problem(audience: Audience, stream: AudienceStream) -> str | None:
    """Why an audience cannot take a stream's people, as a sentence; None when it can."""
    label = f"Audience {audience.name!r} ({audience.id})"
    if audience.subtype != "CUSTOM":
        return (
            f"{label} is of the subtype {audience.subtype}, and only a CUSTOM one takes people: "
            "name another."
        )
    if audience.status == FLAGGED:
        return f"{label} is flagged by Meta ({audience.status_words}): see it in Ads Manager."
    if stream.value_based and audience.is_value_based is False:
        return (
            f"{label} is not value-based, and `value_based` is set for the stream: name a "
            "value-based audience, or take the setting out."
        )
    if not stream.value_based and audience.is_value_based:
        return (
            f"{label} is value-based: set `value_based: true` for the stream, whose records then "
            "need a `value`."
        )
    return None


def chosen(name: str, found: Sequence[Audience]) -> Audience | None:
    """The one audience of a name; None when there is none.

    Raises:
        StoppedError: There are several.
    """
    same = [audience for audience in found if audience.name == name]
    if len(same) > 1:
        ids = ", ".join(sorted(audience.id for audience in same))
        raise StoppedError(
            f"{len(same)} audiences are called {name!r} ({ids}): name one by its `audience_id`."
        )
    return same[0] if same else None


def creation(name: str, stream: AudienceStream) -> dict[str, Any]:
    """The parameters that create an audience."""
    wanted = {
        "name": name,
        "subtype": "CUSTOM",
        "description": stream.description,
        "customer_file_source": stream.customer_file_source,
        "is_value_based": True if stream.value_based else None,
    }
    return {key: value for key, value in wanted.items() if value is not None}


class Audiences:
    """Finds the audiences of a run.

    Args:
        client: Asks Meta.
        ledger: Remembers ids by name.
        account: The account, without `act_`; None where every stream names its audience by id.
        dry_run: Takes down what would be created, in a run that creates nothing.
    """

    def __init__(
        self, client: GraphClient, ledger: Ledger, account: str | None, *, dry_run: DryRun | None
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._account = account
        self._dry_run = dry_run
        self._listed: list[Audience] | None = None

    def by_id(self, audience_id: str, stream: AudienceStream) -> Audience:
        """An audience that is named by its id.

        Raises:
            StoppedError: It cannot take the stream's people.
            GraphError: Meta does not show it.
        """
        return self._fit(self._look_at(audience_id), stream)

    def by_name(self, name: str, stream: AudienceStream) -> Audience:
        """An audience that is named by its name; created when there is none.

        Raises:
            StoppedError: It cannot take the stream's people, or the name is not clear.
            GraphError: Meta refuses.
        """
        assert self._account is not None  # noqa: S101 - the settings were checked
        remembered = self._ledger.audience_id(self._account, name)
        if remembered is not None:
            try:
                return self._fit(self._look_at(remembered), stream)
            except NotFoundError:
                self._ledger.forget_audience(self._account, name)
        found = chosen(name, self._list())
        if found is None:
            return self._create(name, stream)
        found = self._fit(found, stream)
        self._ledger.remember_audience(self._account, name, found.id)
        return found

    def _create(self, name: str, stream: AudienceStream) -> Audience:
        """Create an audience, unless another worker is doing so."""
        assert self._account is not None  # noqa: S101 - as above
        wanted = creation(name, stream)
        if self._dry_run is not None:
            made = f"new:{name}"
            self._dry_run.write(Call("POST", f"act_{self._account}/customaudiences", wanted))
            return Audience(made, name, "CUSTOM", None, "", stream.value_based)
        key = hashlib.sha256(name.encode()).digest()[:16]
        waited = 0.0
        while True:
            claim = self._ledger.claim(f"act_{self._account}/customaudiences", [key], [])
            if not claim.held:
                break
            self._client.pause(_WAIT)
            waited += _WAIT
            made_by_another = self._ledger.audience_id(self._account, name)
            if made_by_another is not None:
                return self._fit(self._look_at(made_by_another), stream)
            if waited > _PATIENCE:
                raise StoppedError(
                    f"Another run has been creating the audience {name!r} for "
                    f"{_PATIENCE:.0f} seconds: run again."
                )
        try:
            self._listed = None  # it may be there by now
            found = chosen(name, self._list())
            if found is None:
                answer = self._client.post(f"act_{self._account}/customaudiences", wanted)
                found = Audience(str(answer["id"]), name, "CUSTOM", None, "", stream.value_based)
                self._list().append(found)
            self._ledger.remember_audience(self._account, name, found.id)
        finally:
            self._ledger.release(claim)
        return self._fit(found, stream)

    def _list(self) -> list[Audience]:
        if self._listed is None:
            pages = self._client.pages(
                f"act_{self._account}/customaudiences", {"fields": FIELDS}, limit=PAGE
            )
            self._listed = [audience_of(one) for page in pages for one in page.data]
        return self._listed

    def _look_at(self, audience_id: str) -> Audience:
        payload = self._client.get(audience_id, {"fields": FIELDS}, account=self._account)
        return audience_of(payload)

    @staticmethod
    def _fit(audience: Audience, stream: AudienceStream) -> Audience:
        wrong = problem(audience, stream)
        if wrong is not None:
            raise StoppedError(wrong)
        return audience
