"""The SDK's sinks, each a thin cover of an intake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MissingKeyPropertiesError
from singer_sdk.sinks import Sink
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_meta_ads.intakes import Intake
    from target_meta_ads.target import TargetMetaAds


class MetaSink(Sink):
    """Takes the records of one stream.

    Nothing waits in here: `delivery` keeps what is not sent yet.

    Attributes:
        intake: Where the records go.
    """

    def __init__(
        self,
        target: TargetMetaAds,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._run = target.run
        self._given = schema
        self.intake: Intake

    @override
    def setup(self) -> None:
        self.intake = self._run.stream(self.stream_name, self._given, self.key_properties)

    @property
    @override
    def include_sdc_metadata_properties(self) -> bool:
        # `_sdc_deleted_at` tells that somebody is to be removed.
        return True

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self.take(record)

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing: no batch is kept in here."""

    def take(self, record: dict[str, Any]) -> None:
        """Take in a record.

        Raises:
            MissingKeyPropertiesError: It lacks one of the stream's key properties.
        """
        for name in self.key_properties:
            if name not in record:
                # Said without the record, which the SDK's own words show.
                raise MissingKeyPropertiesError(
                    f"A record of stream {self.stream_name!r} lacks the key property {name!r}."
                )
        self.intake.take(record)
