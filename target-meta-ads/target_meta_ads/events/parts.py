"""The columns of an event that say nothing about a person, and where each stands, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_meta_ads.normalisation import values as cells
from target_meta_ads.normalisation.values import Unreadable
from target_meta_ads.records import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNREADABLE = "unreadable_"
"""What the codes of cells that cannot be read begin with; the column follows."""


class Part(NamedTuple):
    """A column of an event that says nothing about the person.

    Attributes:
        column: Our name of it, which is Meta's too.
        read: Makes of a cell what is sent, see `normalisation.values`.
        is_needed: Whether an event is rejected when the cell cannot be read; else it goes without.
    """

    column: str
    read: Callable[[object], Any]
    is_needed: bool = False


_few = cells.of_few

EVENT_PARTS = (
    Part("event_name", _few(cells.words), is_needed=True),
    Part("event_time", cells.seconds, is_needed=True),
    Part("event_id", cells.words, is_needed=True),
    Part("action_source", _few(cells.word), is_needed=True),
    Part("event_source_url", cells.words),
    Part("referrer_url", cells.words),
    Part("opt_out", cells.flag, is_needed=True),
    Part("data_processing_options", cells.options, is_needed=True),
    Part("data_processing_options_country", cells.whole, is_needed=True),
    Part("data_processing_options_state", cells.whole, is_needed=True),
    Part("messaging_channel", _few(cells.word)),
    Part("customer_segmentation", _few(cells.words)),
    Part("original_event_data", cells.structure),
    Part("app_data", cells.structure),
)
"""Columns that stand in the event itself."""

CUSTOM_PARTS = (
    Part("value", cells.number, is_needed=True),
    Part("currency", _few(cells.currency), is_needed=True),
    Part("content_ids", cells.ids),
    Part("contents", cells.items),
    Part("content_type", _few(cells.words)),
    Part("content_name", cells.words),
    Part("content_category", _few(cells.words)),
    Part("num_items", cells.whole),
    Part("order_id", cells.words),
    Part("search_string", cells.words),
    Part("status", _few(cells.words)),
    Part("predicted_ltv", cells.number),
    Part("delivery_category", _few(cells.word)),
)
"""Columns that stand in `custom_data`."""


class Reader(NamedTuple):
    """A `Part` made ready: `failed` is the reject where it is needed, else the code of a note."""

    column: str
    key: str
    read: Callable[[object], Any]
    default: Any
    failed: Reject | str


def reader(part: Part, column: str, defaults: Mapping[str, Any]) -> Reader:
    """Make a part ready for the records of one stream.

    Args:
        part: The part.
        column: The record's column.
        defaults: The stream's `defaults`.

    Raises:
        ValueError: The default is none of its column; the text is a sentence.
    """
    try:
        default = part.read(defaults.get(part.column))
    except Unreadable:
        raise ValueError(f"`defaults.{part.column}` cannot be read.") from None
    failed: Reject | str = f"{UNREADABLE}{part.column}"
    if part.is_needed:
        failed = Reject(
            f"{UNREADABLE}{part.column}", f"The {part.column} holds something that is none."
        )
    return Reader(column, part.column, part.read, default, failed)
