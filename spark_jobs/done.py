"""What a step did last, kept in the lake: it need not do the same again, only what is new."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from spark_jobs.delta_log import table_exists, table_state
from spark_jobs.receipt import TableReceipt
from spark_jobs.storage import file_exists, read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Note:
    """The tables that a step has left, and the facts that they follow from."""

    facts: Mapping[str, str]
    tables: Mapping[str, TableReceipt]


def recall(spark: SparkSession, lake_uri: str, step: str, dataset: str) -> Note | None:
    """Give the note of a step; None without one, or when its tables have changed since."""
    place = _place(lake_uri, step, dataset)
    if not file_exists(spark, place):
        return None
    try:
        found = json.loads(read_text(spark, place))
        tables = {name: TableReceipt(**table) for name, table in found["tables"].items()}
        note = Note(dict(found["facts"]), tables)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # cut off while it was written: the step then looks at its tables themselves
    return note if all(_is_newest(spark, table) for table in tables.values()) else None


def remember(spark: SparkSession, lake_uri: str, step: str, dataset: str, note: Note) -> None:
    """Note what a step has left, once all of its tables are written."""
    write_text(spark, _place(lake_uri, step, dataset), json.dumps(asdict(note)))


def _place(lake_uri: str, step: str, dataset: str) -> str:
    return f"{lake_uri.rstrip('/')}/done/{dataset}/{step}.json"


def _is_newest(spark: SparkSession, receipt: TableReceipt) -> bool:
    if not table_exists(spark, receipt.uri):
        return False
    now = table_state(spark, receipt.uri)
    return (now.id, now.version) == (receipt.id, receipt.version)
