"""Where the listing of an edge stands: from page to page by Meta's cursors. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meta_graph import Failure, RequestError, UnavailableError, next_cursor

if TYPE_CHECKING:
    from meta_graph import GraphError
    from tap_meta_ads.engine.tasks import Page

RESTARTS = 3
"""So often a listing begins again because its cursor has died. Each time costs all its pages."""


@dataclass
class Place:
    """Where the listing of an edge stands.

    Attributes:
        path: The edge.
        after: Cursor of the page before; None at the beginning.
    """

    path: str
    after: str | None = None
    _passed: set[str] = field(default_factory=set)
    _restarts: int = 0

    def move(self, page: Page) -> bool:
        """Go on behind a page; False when it was the last one.

        Raises:
            RequestError: There is a next page, and no cursor for it.
            UnavailableError: The pages go in a circle.
        """
        self.after = next_cursor(page.paging)
        if self.after is None:
            return False
        if self.after in self._passed:
            raise UnavailableError(
                Failure(
                    f"The pages of {self.path} go in a circle",
                    "Run again later; what is complete is kept.",
                )
            )
        self._passed.add(self.after)
        return True

    def restart(self, error: GraphError) -> bool:
        """Begin again, if the error means that the cursor has died; False when it does not.

        A cursor points at an object, and dies with it.
        """
        is_dead = (
            self.after is not None
            and isinstance(error, RequestError)
            and "cursor" in error.failure.message.lower()
            and self._restarts < RESTARTS
        )
        if is_dead:
            self.after = None
            self._passed.clear()
            self._restarts += 1
        return is_dead
