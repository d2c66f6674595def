"""The target: settings in, records to Meta, states out, one clear sentence when it cannot go on."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from copy import deepcopy
from functools import cached_property
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec
from singer_sdk import Target
from singer_sdk.exceptions import (
    ConfigValidationError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
from singer_sdk.helpers.capabilities import TargetCapabilities
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform
from singer_sdk.metrics import Point
from singer_sdk.metrics import log as log_metric
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from meta_graph import GraphError, log
from target_meta_ads import settings as settings_
from target_meta_ads.errors import InputError, LedgerError, RunStoppedError, TargetError, told
from target_meta_ads.messages import Reader
from target_meta_ads.run import Run
from target_meta_ads.sinks import MetaSink

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from singer_sdk.mapper import StreamMap

EXPECTED = (GraphError, TargetError, MissingKeyPropertiesError, RecordsWithoutSchemaException)
"""What ends a run with a sentence, and no traceback."""

_STATE = msgspec.json.Encoder(decimal_format="number", enc_hook=str)

_SIGNALLED = 128
"""Exit code of a run that a signal has ended, less the signal's number."""


class Terminated(BaseException):
    """A signal asks the run to end, while it waits for a line."""


class MessageReader(GenericSingerReader[bytes]):
    """The SDK's way to a `Reader`."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()
        self.is_stopped = False

    @property
    @override
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def process_lines(
        self,
        file_input: IO[Any] | None,
        callbacks: Mapping[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        return self.reader.read(
            file_input or self.default_input, callbacks, lambda: self.is_stopped
        )

    @override
    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        raise NotImplementedError  # `Reader` does

    @staticmethod
    @override
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        missing = requires.difference(line_dict)
        if missing:
            raise InputError(
                f"A {line_dict.get('type', 'message')} message lacks {', '.join(sorted(missing))}."
            )


class TargetMetaAds(Target):
    """Singer target for Meta: Custom Audiences and the Conversions API."""

    name = "target-meta-ads"
    config_jsonschema = deepcopy(settings_.SCHEMA)  # the SDK adds to it in place
    default_sink_class = MetaSink
    message_reader_class = MessageReader
    # Values are judged one by one, by what Meta wants: a bad cell is no reason to end a run.
    capabilities = [  # noqa: RUF012 - as in the SDK
        one for one in Target.capabilities if one is not TargetCapabilities.VALIDATE_RECORDS
    ]
    message_reader: MessageReader
    signal: int | None = None

    @cached_property
    def settings(self) -> settings_.Settings:
        """The settings, parsed."""
        return settings_.parse(self.config)

    @cached_property
    def run(self) -> Run:
        """The run, from its first stream on."""
        return Run(self.settings, self.logger, self._write_state_message)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        errors = settings_.problems(self._config, schema)
        if errors and raise_errors:
            raise ConfigValidationError("The settings are wrong", errors=errors, schema=schema)
        return errors

    # Messages.

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        try:
            stream, record = message_dict["stream"], message_dict["record"]
        except KeyError:
            self._assert_line_requires(message_dict, requires={"stream", "record"})
            raise
        sink = self._direct.get(stream)
        if sink is not None:
            sink.take(record)
            return
        if stream not in self.mapper.stream_maps:
            raise RecordsWithoutSchemaException(
                f"A record of stream {stream!r} came before its SCHEMA message."
            )
        for stream_map in self.mapper.stream_maps[stream]:
            mapped = stream_map.transform(record.copy())
            if mapped is not None:
                self._sink(stream_map.stream_alias).take(mapped)

    @cached_property
    def _direct(self) -> dict[str, MetaSink]:
        """Sinks of streams whose records no stream map changes."""
        return {}

    def _sink(self, stream: str) -> MetaSink:
        sink = self._sinks_active[stream]
        assert isinstance(sink, MetaSink)  # noqa: S101 - the only class there is
        return sink

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "schema"})
        stream, schema = message_dict["stream"], message_dict["schema"]
        if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
            raise InputError(f"The SCHEMA of stream {stream!r} has no `properties`.")
        key_properties = message_dict.get("key_properties") or []
        before = self.mapper.stream_maps.get(stream)
        if before and (before[0].raw_schema, before[0].raw_key_properties) == (
            schema,
            key_properties,
        ):
            return
        self.mapper.register_raw_stream_schema(stream, schema, key_properties)
        maps = [
            stream_map
            for stream_map in self.mapper.stream_maps[stream]
            if not isinstance(stream_map, RemoveRecordTransform)
        ]
        for stream_map in maps:
            self.get_sink(
                stream_map.stream_alias,
                schema=stream_map.transformed_schema,
                key_properties=stream_map.transformed_key_properties,
            )
        self._direct.pop(stream, None)
        if len(maps) == len(self.mapper.stream_maps[stream]) == 1 and _is_identity(maps[0]):
            self._direct[stream] = self._sink(stream)

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"value"})
        self.run.state(message_dict["value"])

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream"})
        for stream_map in self.mapper.stream_maps.get(message_dict["stream"], ()):
            self.run.version_activated(stream_map.stream_alias)

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        raise InputError(
            "The tap sends BATCH messages, which this target does not read: switch `batch_config` "
            "off in the tap."
        )

    # The end.

    @override
    def process_endofpipe(self) -> None:
        if not self.message_reader.is_stopped:
            self.run.finish(ended_whole=self.message_reader.reader.ended_whole)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop reading. What is on its way is waited for; nobody is removed from a mirror."""
        self.signal = signum
        self.message_reader.is_stopped = True
        if "run" in self.__dict__:
            # Not here: a signal may interrupt the client within its own locks.
            Thread(target=self.run.client.close, daemon=True).start()
        if self.message_reader.reader.is_reading:
            self.message_reader.reader.is_reading = False
            raise Terminated

    def work(self, file_input: IO[Any] | None) -> None:
        """Read the input to its end, and say what was done.

        Raises:
            TargetError: Not all was done; what was read before is delivered, or stays unsettled.
            GraphError: The same, for a reason of Meta's.
        """
        is_sound = False
        try:
            try:
                self.listen(file_input)
                is_sound = True
            except Terminated:
                is_sound = True
            except RunStoppedError:
                is_sound = True
                raise
            except InputError:
                # What came before the bad line is good, and may be all that comes today.
                self.run.finish(ended_whole=False)
                is_sound = True
                raise
            finally:
                self.run.stop(is_sound=is_sound)
                if is_sound or self.run.checkpoints.count:
                    self._tell()
        finally:
            self.run.close()

    def _tell(self) -> None:
        """Say what was done, or would be: a table for people, and metrics."""
        for measure in self.run.metrics():
            point = Point("counter", measure.metric, measure.value, measure.tags)  # type: ignore[arg-type] # an Enum too
            log_metric(self.metrics_logger, point)
        done = "What would be done" if self.run.is_dry else "What was done"
        self.logger.info("%s:\n%s", done, "\n".join(self.run.table()))
        for note in self.run.notes():
            self.logger.warning("%s", note)
        try:
            self.run.remember()
        except LedgerError as error:
            # What was to be done is done; and another error, if there is one, is the one to tell.
            self.logger.warning("What this run did is not in the ledger's history: %s", error)

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        # The SDK's own shows it in the log too.
        sys.stdout.buffer.write(_STATE.encode(state) + b"\n")
        sys.stdout.buffer.flush()

    # Command line.

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        for param in command.params:
            if param.name == "file_input":
                param.type = click.File("rb")
        return command

    @classmethod
    @override
    def invoke(  # type: ignore[override] # as the SDK's own targets do
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[Any] | None = None,
    ) -> None:
        """Run the target, as the SDK does, and end with what was done and what was not."""
        # At debug level stream maps log the values they compute, and SQLAlchemy what it writes.
        log.quiet("singer_sdk.mapper", "sqlalchemy")
        super(Target, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        with cls._failing_clearly():
            if config.parse_env:
                _check_environment(os.environ)
            target = cls(config=config.config, parse_env_config=config.parse_env)
            target.work(file_input)
            failures = target.run.failures()
        for sentence in failures:
            cls.logger.error("%s", sentence)
        if target.signal is not None:
            sys.exit(_SIGNALLED + target.signal)
        if failures:
            sys.exit(1)

    @classmethod
    @contextmanager
    def _failing_clearly(cls) -> Iterator[None]:
        """Expected failures end with their sentence as the last line, without a traceback."""
        try:
            yield
        except EXPECTED as error:
            cls.logger.error("%s", told(error))  # noqa: TRY400 - the sentence says it all
            sys.exit(1)


def _check_environment(variables: Mapping[str, str]) -> None:
    """See that variables of objects are JSON: the SDK would show the whole of one that is not.

    Raises:
        InputError: One is not.
    """
    for name, setting in settings_.SCHEMA["properties"].items():
        variable = f"TARGET_META_ADS_{name.upper()}"
        given = variables.get(variable)
        if given and "object" in setting.get("type", ()):
            try:
                msgspec.json.decode(given)
            except msgspec.DecodeError as error:
                raise InputError(f"The variable {variable} is no JSON: {error}.") from None


def _is_identity(stream_map: StreamMap) -> bool:
    return isinstance(stream_map, SameRecordTransform) and not stream_map.flattening_enabled
