"""Rows from Meta's JSON to Singer's records."""
