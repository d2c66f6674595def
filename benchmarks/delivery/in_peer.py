"""Run condor-retl-meta. Runs in its own environment, not in ours.

It reads tables, and not a stream, so the records are put into one beforehand, in DuckDB, as in its
own guide. It has no setting for the base of its URLs, and that is all that is changed in it.

    python in_peer.py load  KIND DATABASE RECORDS
    python in_peer.py run   KIND DATABASE BASE DESTINATION
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

_TYPES = {"value": "DOUBLE", "num_items": "BIGINT"}
_COLUMNS = {
    "people": "external_id email phone first_name last_name zip country",
    "events": (
        "event_id event_name event_time action_source event_source_url email phone external_id fbp "
        "client_ip_address client_user_agent value currency order_id num_items"
    ),
}
_OF_AN_EVENT = (
    "event_name event_source_url fbp client_ip_address client_user_agent value currency order_id "
    "num_items"
)


def load(kind: str, database: str, records: str) -> None:
    """Make the table out of the Singer messages that our target gets."""
    columns = _COLUMNS[kind].split()
    struct = ", ".join(f"{name} {_TYPES.get(name, 'VARCHAR')}" for name in columns)
    with import_module("duckdb").connect(database) as connection:
        connection.execute(
            f"create table {kind} as select unnest(record) from read_json(?, "
            f"format = 'newline_delimited', "
            f"columns = {{type: 'VARCHAR', record: 'STRUCT({struct})'}}) where type = 'RECORD'",
            [records],
        )


def run(kind: str, database: str, base: str, destination: str) -> None:
    """Deliver the table once, and print how many records it counts as confirmed.

    Args:
        kind: `people` or `events`.
        database: The file that `load` has filled; its own ledger is there too.
        base: Of all URLs.
        destination: Id of the audience or of the pixel.
    """
    common: Any = import_module("retl_meta.common")
    common.META_DEFAULT_BASE_URL = base
    retl = import_module("retl")
    backend = import_module("retl.backends.duckdb").DuckDBSqlBackend(
        database=database, source_schema="main", runtime_schema="retl"
    )
    config: dict[str, Any] = {"ad_account_id": "act_1"}
    if kind == "people":
        declaration, surface = _people(retl, backend, destination), "custom_audiences"
    else:
        declaration, surface = _events(retl, backend), "events"
        config |= {"action_source": "website", "pixel_id": destination}
    meta = retl.destinations.load(
        "retl/meta",
        binding_name="meta",
        credentials={"access_token": retl.SecretLiteral("benchmark")},
        config=config,
        target_mappings=_mapping(destination),
    )
    done = retl.runner(name="benchmark", runtime_store=backend.runtime_store()).run(
        retl.sync(name="benchmark", declaration=declaration, destination=meta, surface=surface)
    )
    confirmed = sum(sync.destination_confirmed_count for sync in done.syncs)
    print(json.dumps({"status": done.status, "confirmed": confirmed}))
    if done.status != "succeeded":
        sys.exit(done.to_text())


def _people(retl: Any, backend: Any, audience: str) -> Any:  # noqa: ANN401 - of another environment
    return retl.state(
        name="people",
        source=retl.source(
            name="people",
            mode="snapshot",
            backend=backend.source_backend(),
            query="select external_id, email, phone from people",
        ),
        key={"customer_id": "external_id"},
        identifiers=[
            {"type": "email", "value": "email"},
            {"type": "phone_e164", "value": "phone"},
        ],
        target=retl.target(audience),
    )


def _events(retl: Any, backend: Any) -> Any:  # noqa: ANN401 - of another environment
    checkpoint = {
        "cursor": "event_time",
        "cursor_type": "string",
        "primary_key": "event_id",
        "primary_key_type": "string",
    }
    return retl.event(
        name="events",
        source=retl.source(
            name="events",
            mode="checkpointed",
            checkpoint=checkpoint,
            backend=backend.source_backend(),
            query="select * from events",
        ),
        key={"event_id": "event_id"},
        occurred_at="event_time",
        identifiers=[
            {"type": "email", "value": "email"},
            {"type": "phone_e164", "value": "phone"},
            {"type": "external_id", "value": "external_id"},
        ],
        payload={name: name for name in _OF_AN_EVENT.split()},
    )


def _mapping(audience: str) -> tuple[Any, ...]:
    """The audience by its id, so that it is not looked for, as it is not by our target either."""
    targets = import_module("retl.destinations.targets")
    remote = targets.RemoteTarget(remote_id=audience)
    return (targets.TargetMapping(logical_target=audience, remote=remote),)


if __name__ == "__main__":
    _, command, *given = sys.argv
    load(*given) if command == "load" else run(*given)
