"""A client for tests: asks a sandbox as a program of somebody else would."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from meta_sandbox import Sandbox


class Client:
    """Asks one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.token}"
        self.account = f"act_{sandbox.world.accounts[0].account_id}"

    def send(self, method: str, path: str, **more: Any) -> requests.Response:  # noqa: ANN401 - passed on to requests
        return self.session.request(method, f"{self.sandbox.url}{path}", timeout=20, **more)

    def get(self, path: str, **params: object) -> requests.Response:
        return self.send("GET", f"/v26.0/{path}", params=params)

    def post(self, path: str, **data: object) -> requests.Response:
        return self.send("POST", f"/v26.0/{path}", data=data)

    def rows(self, path: str, **params: object) -> list[dict[str, Any]]:
        """All rows of a listing, page by page, by its cursors."""
        found: list[dict[str, Any]] = []
        while True:
            response = self.get(path, **params)
            assert response.status_code == 200, response.text
            body = response.json()
            found += body["data"]
            if "next" not in body.get("paging", {}):
                return found
            params["after"] = body["paging"]["cursors"]["after"]

    def error(self, path: str, **params: object) -> dict[str, Any]:
        """The error of a request that must fail, with its HTTP status as ``http``."""
        response = self.get(path, **params)
        assert response.status_code >= 400, response.text
        error: dict[str, Any] = response.json()["error"]
        return {**error, "http": response.status_code}

    @staticmethod
    def time_range(since: str, until: str) -> str:
        """Meta's parameter of that name."""
        return json.dumps({"since": since, "until": until})

    @staticmethod
    def action(row: dict[str, Any], name: str, field: str = "actions") -> Decimal:
        """The figure of one action type in a row, 0 where there is none."""
        values = (a["value"] for a in row.get(field, []) if a["action_type"] == name)
        return sum(map(Decimal, values), Decimal(0))
