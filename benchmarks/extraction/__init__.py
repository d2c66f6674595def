"""tap-meta-ads beside two other extractors, in one run and against one server: see `__main__`."""
