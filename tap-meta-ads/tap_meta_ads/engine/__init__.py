"""What reads ahead of the streams, for all accounts and streams at once."""
