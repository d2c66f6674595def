"""Where one PostgreSQL database is."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True)
class Database:
    """Where one database is, by the names that loaders and dbt use."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def url(self) -> str:
        """Return a libpq URL, with the password in it."""
        user, password, database = (
            quote(part, safe="") for part in (self.user, self.password, self.database)
        )
        return f"postgresql://{user}:{password}@{self.host}:{self.port}/{database}"

    def environment(self) -> dict[str, str]:
        """Return the variables that `meltano.yml` and the dbt profile read."""
        return {
            "META_ADS_PG_HOST": self.host,
            "META_ADS_PG_PORT": str(self.port),
            "META_ADS_PG_USER": self.user,
            "META_ADS_PG_PASSWORD": self.password,
            "META_ADS_PG_DATABASE": self.database,
        }
