"""What a step did last, kept in the lake, so that it need not do the same again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from spark_jobs.delta_log import table_exists, table_state
from spark_jobs.receipt import TableReceipt
from spark_jobs.storage import file_exists, read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession


def recall(
    spark: SparkSession, lake_uri: str, step: str, dataset: str, *, made_from: str
) -> dict[str, TableReceipt] | None:
    """Give the receipts of a step that would only do again what it did last; else None.

    None as well when one of its tables is not the version any more that the step left.
    """
    note = _note(lake_uri, step, dataset)
    if not file_exists(spark, note):
        return None
    try:
        found = json.loads(read_text(spark, note))
        receipts = {name: TableReceipt(**table) for name, table in found["tables"].items()}
    except (json.JSONDecodeError, KeyError, TypeError):
        return None  # cut off while it was written: the step then looks at its tables themselves
    if found["made_from"] != made_from:
        return None
    is_there = all(_is_newest(spark, receipt) for receipt in receipts.values())
    return receipts if is_there else None


def remember(
    spark: SparkSession,
    lake_uri: str,
    step: str,
    dataset: str,
    *,
    made_from: str,
    tables: Mapping[str, TableReceipt],
) -> None:
    """Note what a step has left, once all of its tables are written."""
    note = {"made_from": made_from, "tables": {n: asdict(table) for n, table in tables.items()}}
    write_text(spark, _note(lake_uri, step, dataset), json.dumps(note))


def _note(lake_uri: str, step: str, dataset: str) -> str:
    return f"{lake_uri.rstrip('/')}/done/{dataset}/{step}.json"


def _is_newest(spark: SparkSession, receipt: TableReceipt) -> bool:
    if not table_exists(spark, receipt.uri):
        return False
    now = table_state(spark, receipt.uri)
    return (now.id, now.version) == (receipt.id, receipt.version)
