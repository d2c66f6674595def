"""A local Graph API with a made-up advertiser."""

from meta_sandbox._graph.auth import DEFAULT_APP_SECRET, DEFAULT_TOKEN
from meta_sandbox._sandbox import Sandbox
from meta_sandbox._world.world import World

__all__ = ["DEFAULT_APP_SECRET", "DEFAULT_TOKEN", "Sandbox", "World"]
