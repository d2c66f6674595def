"""The objects of an account, from ad accounts to leads: what they are and how they are read."""
