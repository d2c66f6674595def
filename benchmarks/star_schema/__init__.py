"""How long the star schema takes to build, and in how much memory."""
