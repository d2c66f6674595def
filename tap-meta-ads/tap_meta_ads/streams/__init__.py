"""The Singer streams: here the pure modules meet the SDK."""
