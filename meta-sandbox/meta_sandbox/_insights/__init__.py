"""Insights: a query, and the rows that answer it."""
