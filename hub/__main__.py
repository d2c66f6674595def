"""`python -m hub`, from the root of the repository: writes the files."""

from pathlib import Path

from hub import write

write(Path.cwd())
