"""target-meta-ads beside another sender, in one run and against one server: see `__main__`."""
