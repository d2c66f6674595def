"""How a sandbox behaves, apart from what is in its world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meta_sandbox._graph.auth import DEFAULT_APP_SECRET, DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Options:
    """How a sandbox behaves.

    Attributes:
        token: The access token that is good for everything.
        app_secret: What ``appsecret_proof`` is made with.
        require_proof: Refuse calls without a proof, as apps with "Require App Secret" do.
        tier: ``development`` or ``standard``; decides limits and what headers say.
        throttle: Enforce Meta's limits for the tier. Without it limits are wide.
        limits: Own limits, enforced in any case: calls an hour for ``ads_insights``,
            ``ads_management``, ``custom_audience``, ``leadgen``, ``app``, ``app_insights`` and
            ``custom`` (error 613), points for ``account_score``.
        latency_ms: Added to every request.
        job_seconds: How long a report job takes, by the sandbox's clock; 0 for done at once.
        max_rows_per_page: A page that would have more rows than this is refused.
        max_sync_points: A synchronous Insights call over more data points (rows times fields) than
            this is refused with 100/1487534.
        max_insights_points: The same for report jobs.
        next_with_token: Whether ``paging.next`` holds the access token, as Meta's does.
        sparse_pages: Make some pages short or empty although more follow, as Meta may.
        deprecated: What calls to expired versions get: ``error`` (2635) or ``upgrade``.
        retention: What unique counts and hourly figures beyond 13 months give with breakdowns:
            ``error`` or ``empty``; observations differ.
        opted_in: Whether the accounts opted in to breakdowns such as ``impression_device``.
        min_audience: A removal that would leave an audience with fewer people is refused with
            200/1870047; 0 for no floor.
        invalid_count: What ``num_invalid_entries`` counts, on which Meta's docs are not clear: the
            bad rows of the ``request`` or of the whole ``session``.
        log_size: How many requests are remembered one by one.
    """

    token: str = DEFAULT_TOKEN
    app_secret: str = DEFAULT_APP_SECRET
    require_proof: bool = False
    tier: str = "standard"
    throttle: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    latency_ms: float = 0
    job_seconds: float = 0
    max_rows_per_page: int = 5_000
    max_sync_points: int = 1_000_000
    max_insights_points: int = 20_000_000
    next_with_token: bool = True
    sparse_pages: bool = False
    deprecated: str = "error"
    retention: str = "error"
    opted_in: bool = False
    min_audience: int = 0
    invalid_count: str = "request"
    log_size: int = 20_000

    def __post_init__(self) -> None:
        """Check the values that are one of a few.

        Raises:
            ValueError: One of them is not.
        """
        for name, allowed in (
            ("deprecated", ("error", "upgrade")),
            ("retention", ("error", "empty")),
            ("invalid_count", ("request", "session")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is one of {', '.join(allowed)}.")
