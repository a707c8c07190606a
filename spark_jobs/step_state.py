"""The state of a step, stored in the lake: a step with the same facts does nothing again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from spark_jobs.broken_table import whole_state
from spark_jobs.delta_log import LakeError, table_exists, was_taken_back
from spark_jobs.fingerprint import parse_version, version_of
from spark_jobs.receipt import TableReceipt
from spark_jobs.storage import StorageError, file_exists, read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class StepState:
    """The tables that a step has left, and the facts that they follow from."""

    facts: Mapping[str, str]
    tables: Mapping[str, TableReceipt]


def load(spark: SparkSession, lake_uri: str, step: str, dataset: str) -> StepState | None:
    """Return the state of a step; None without one, or when its tables have changed since.

    Raises BrokenTableError for a table that lacks files: that a step is done is true of whole ones.
    """
    stored = read_note(spark, _uri(lake_uri, step, dataset))
    if stored is None:
        return None
    try:
        tables = {name: TableReceipt(**table) for name, table in stored["tables"].items()}
        state = StepState(dict(stored["facts"]), tables)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # of another time: the step then looks at its tables themselves
    are_newest = [_is_newest(spark, table) for table in tables.values()]
    return state if all(are_newest) else None


def read_note(spark: SparkSession, uri: str) -> Any:  # noqa: ANN401 # JSON
    """Return what a JSON file says that saves work and decides nothing; None where it is not whole.

    A process that ended cut it off, or a machine that lost power: Hadoop keeps a checksum of a
    local file, and half of one cannot be read at all.
    """
    if not file_exists(spark, uri):
        return None
    try:
        return json.loads(read_text(spark, uri))
    except (StorageError, ValueError):
        return None


def save(spark: SparkSession, lake_uri: str, step: str, dataset: str, state: StepState) -> None:
    """Save the state of a step, which must be done once all of its tables are written."""
    write_text(spark, _uri(lake_uri, step, dataset), json.dumps(asdict(state)))


def refuse_earlier(
    spark: SparkSession,
    last: StepState | None,
    facts: Mapping[str, str],
    uris: Mapping[str, str],
    *,
    step: str,
    dataset: str,
) -> None:
    """Raise LakeError where the step was done with a later version of a table than it is to have.

    Facts name versions of the tables at `uris` as `version_of` does. A later version that was taken
    back since is no reason.
    """
    if last is None:
        return
    for name, uri in uris.items():
        stated, done = (told.get(name, "") for told in (facts, last.facts))
        if "@" not in stated or "@" not in done:
            continue
        table, version, _ = parse_version(stated)
        done_table, done_version, commit = parse_version(done)
        is_later = table == done_table and done_version > version
        if is_later and not was_taken_back(spark, uri, done_version, commit):
            raise LakeError(
                f"{step} of {dataset!r}: a later run has done it with version {done_version} of "
                f"{name}, and this run has version {version}; nothing is lost: run the pipeline "
                "again from its first step"
            )


def _uri(lake_uri: str, step: str, dataset: str) -> str:
    return f"{lake_uri.rstrip('/')}/done/{dataset}/{step}.json"


def _is_newest(spark: SparkSession, receipt: TableReceipt) -> bool:
    if not table_exists(spark, receipt.uri):
        return False
    now = whole_state(spark, receipt.uri)
    return version_of(now) == version_of(receipt)
