"""The made-up advertiser: its objects, and what they delivered."""
