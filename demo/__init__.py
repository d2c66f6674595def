"""The demo: an embedded PostgreSQL, the sandbox and Meltano, run as `python -m demo`."""
