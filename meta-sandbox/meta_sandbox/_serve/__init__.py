"""Serving it all: faults, batches, the log, HTTP, and the pages under ``/__sandbox``."""
