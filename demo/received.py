"""What the made-up Meta has received: given back to it in the next run, and shown to people.

Meta remembers whom it was sent, and the target's ledger remembers that too; the sandbox forgets
all of it when it ends. So its audiences are kept in a file beside the ledger. While the sandbox
runs there is no such file: a run that was killed leaves none, and the next one takes the ledger
away too, since what it says is true no more.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from demo import table
from demo.sandbox import SandboxError, ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Received:
    """What the sandbox has received, in this run and in those before it."""

    def __init__(self, api_url: str) -> None:
        """Look at a sandbox that has received nothing yet.

        Args:
            api_url: Its base address.
        """
        self._api_url = api_url
        self._own = {audience["id"] for audience in self._audiences()}
        self._people_before: Counter[str] = Counter()
        self._events_before: Counter[str] = Counter()

    def destination(self) -> tuple[str, str]:
        """Return the ids of the first ad account and of its pixel."""
        pixel = json.loads(self._ask("GET", "truth/adspixels").splitlines()[0])
        return pixel["owner_ad_account"]["id"], pixel["id"]

    def restore(self, kept: dict[str, Any]) -> None:
        """Give the sandbox the audiences of earlier runs, under the ids that they had.

        Args:
            kept: What `keep` returned then.
        """
        for audience in kept["audiences"]:
            self._ask("POST", "audiences", audience)
        self._people_before = self.people()
        self._events_before = Counter(kept["events"])

    def keep(self) -> dict[str, Any]:
        """Return what `restore` needs: audiences with their people, and how many events came."""
        audiences = [
            {
                "name": audience["name"],
                "account_id": audience["account_id"],
                "is_value_based": audience["is_value_based"],
                "members": [
                    json.loads(line)
                    for line in self._ask("GET", f"audiences/{audience['id']}/members").splitlines()
                ],
            }
            for audience in self._made()
        ]
        return {"audiences": audiences, "events": self._events()}

    def lines(self) -> list[str]:
        """Show audiences with the number of their people, and events by name."""
        rows = [
            (kind, name, now[name], now[name] - before[name])
            for kind, now, before in (
                ("people", self.people(), self._people_before),
                ("events", self._events(), self._events_before),
            )
            for name in sorted(now)
        ]
        return table.render(["what", "audience or event", "in all", "new in this run"], rows)

    def _made(self) -> list[dict[str, Any]]:
        """Give the audiences that the sandbox did not have from the start, the first one first."""
        return [one for one in reversed(self._audiences()) if one["id"] not in self._own]

    def _audiences(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._ask("GET", "audiences"))
        return found

    def people(self) -> Counter[str]:
        """Count the people of each audience."""
        return Counter({one["name"]: one["members"] for one in self._made()})

    def _events(self) -> Counter[str]:
        """Count the events of all runs."""
        found = Counter(self._events_before)
        for counts in json.loads(self._ask("GET", "events/counts")).values():
            found.update(counts["deduplicated"])
        return found

    def _ask(self, method: str, path: str, body: object = None) -> str:
        return ask(self._api_url, method, f"__sandbox/{path}", body)


@contextmanager
def remembered(api_url: str, file: Path, ledger: Path) -> Iterator[Received]:
    """Let the sandbox remember what it received from run to run.

    Args:
        api_url: Its base address.
        file: Where that is kept.
        ledger: The target's ledger, an SQLite file, which is deleted where the sandbox would not
            know what it says.

    Yields:
        What the sandbox has received.

    Raises:
        SandboxError: It does not answer, or does not take what it had before.
    """
    received = Received(api_url)
    try:
        received.restore(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        for path in ledger.parent.glob(f"{ledger.name}*"):
            path.unlink()
    file.unlink(missing_ok=True)
    try:
        yield received
    finally:
        # After a failure the sandbox may be gone too: then the next run sends everything again.
        with suppress(SandboxError):
            file.write_text(json.dumps(received.keep()), encoding="utf-8")
