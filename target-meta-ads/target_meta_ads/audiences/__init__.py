"""Custom Audiences: records into people, people into requests, answers into the ledger."""
