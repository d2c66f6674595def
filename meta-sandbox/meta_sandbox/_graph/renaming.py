"""Giving a campaign, an ad set or an ad another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._world.objects import Changing

MAX_NAME = 400
_NOT_CHANGES = {"access_token", "appsecret_proof", "method", "name"}


def rename(thing: Changing, params: Mapping[str, object], now: float) -> bytes:
    """Answer ``POST /{id}`` with a ``name``.

    Args:
        thing: The campaign, ad set or ad.
        params: The request's.
        now: The instant.

    Raises:
        GraphError: There is no name, it is too long, or more than the name is to change, which the
            sandbox does not do.
    """
    name = text_of(params, "name")
    if others := sorted(params.keys() - _NOT_CHANGES):
        raise GraphError(100, f"(#100) The sandbox changes nothing but the name, not {others[0]}")
    if not name or not name.strip():
        raise GraphError(100, "(#100) The parameter name is required")
    if len(name) > MAX_NAME:
        raise GraphError(100, f"(#100) Param name must be at most {MAX_NAME} characters long")
    if name != thing.name_at(now):
        thing.rename(int(now), name)
    return b'{"success":true}'
