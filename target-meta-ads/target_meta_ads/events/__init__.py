"""The Conversions API: records into events, events into requests, answers into the ledger."""
