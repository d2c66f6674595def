"""Insights reports: what one is, which are there, and what Meta takes together."""
