"""The `streams` blocks of the settings, and the columns that they may name."""
