"""A local Graph API with a made-up advertiser.

Try, test and benchmark a Meta integration without an account: the sandbox answers as Meta's
Marketing API does, knows the truth about what it serves, and fails on command.

``Sandbox`` runs one inside a test, ``meta-sandbox serve`` as a process of its own.
"""

from meta_sandbox._graph.auth import DEFAULT_APP_SECRET, DEFAULT_TOKEN
from meta_sandbox._options import Options
from meta_sandbox._sandbox import Sandbox
from meta_sandbox._world.world import World

__all__ = ["DEFAULT_APP_SECRET", "DEFAULT_TOKEN", "Options", "Sandbox", "World"]
