"""Cells of a warehouse into what Meta takes: normalised, hashed, or left out with a reason."""
