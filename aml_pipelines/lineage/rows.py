"""Where a row of a dataset is: every table that has it, by the id that it has had since it came."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from conf.columns import (
    BROKEN_RULES,
    CLASS,
    INGESTION_ID,
    ORIGINAL,
    OUTCOME,
    REASON,
    REPAIRED_AS,
    REPAIRS,
    ROW_ID,
    SCORE,
    SOURCE_FILE,
)
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aml_pipelines.lineage.graph import Lineage
    from aml_pipelines.lineage.table_logs import TableLog

# What a table says of a row beside its values.
_TOLD = (
    *(BROKEN_RULES, ORIGINAL, REASON, SCORE, CLASS, REPAIRS, REPAIRED_AS, OUTCOME),
    *("model_name", "model_version", "run_id", SOURCE_FILE, INGESTION_ID),
)


@dataclass(frozen=True)
class RowPlace:
    """A table that has a row, in its newest version, and what it says of it."""

    table: str
    version: int
    told: Mapping[str, Any]


def find_rows(lineage: Lineage, text: str, *, at_most: int) -> list[str]:
    """Return the ids of the rows that a text like `gold/flights/scores?flight=7` names.

    Raises UserError where there is none, or more than so many.
    """
    table, _, stated = text.partition("?")
    name = table.partition("@")[0]
    if name not in lineage.tables:
        raise UserError(f"{lineage.lake} has no table {name!r}; it has {', '.join(lineage.tables)}")
    log = lineage.tables[name]
    wanted = dict(pair.partition("=")[::2] for pair in stated.split("&"))
    simple = {c for c, kind in log.columns.items() if not pa.types.is_nested(kind)}
    unknown = sorted({*wanted, ROW_ID} - simple)
    if unknown:
        told = ", ".join(sorted(simple))
        raise UserError(f"{name} has no column {', '.join(unknown)} to be asked for; it has {told}")
    is_wanted = reduce(and_, (_is(c, log.columns[c], v) for c, v in wanted.items()))
    ids: list[str] = log.rows([ROW_ID], is_wanted)[ROW_ID].to_pylist()
    if not ids:
        raise UserError(f"no row of {name} has {stated}")
    if len(set(ids)) > at_most:
        raise UserError(f"{len(set(ids)):,} rows of {name} have {stated}; name columns of its key")
    return sorted(set(ids))


def places_of(lineage: Lineage, row_id: str, key: Sequence[str], dataset: str) -> list[RowPlace]:
    """Return the tables of a dataset that have a row: by its id, or by its key where none has it.

    Of tables without ids of rows, which are those of splits, the row's key is looked for.
    """
    logs = [log for log in lineage.tables.values() if f"/{dataset}/" in log.name]
    by_id = ds.field(ROW_ID) == row_id
    places, known = [], {}
    for log in logs:
        if ROW_ID not in log.columns:
            continue
        found = _found(log, by_id, [*key, *_TOLD])
        places += [RowPlace(log.name, log.newest, _without(row, key)) for row in found]
        if log.name == f"gold/{dataset}/features":
            known = {name: row[name] for row in found for name in key}
    for log in logs:
        if known and ROW_ID not in log.columns and log.columns.keys() >= {*key}:
            by_key = reduce(and_, (ds.field(name) == value for name, value in known.items()))
            places += [RowPlace(log.name, log.newest, {}) for _ in _found(log, by_key, key)]
    return places


def rows_of_file(lineage: Lineage, log: TableLog, file: str) -> int | None:
    """Count the rows of a file in the newest version of a table; None where rows have no ids."""
    if ROW_ID not in log.columns:
        return None if log.columns else 0  # a table without files has no rows
    ids = [i for files in lineage.files.values() for i, named in files.items() if named == file]
    ingestions = pc.split_pattern(log.rows([ROW_ID])[ROW_ID], "-", max_splits=1, reverse=True)
    came = pc.list_element(ingestions, 0) if len(ingestions) else pa.array([], pa.string())
    return int(pc.sum(pc.is_in(came, pa.array(ids, pa.string()))).as_py() or 0)


def _is(column: str, kind: pa.DataType, text: str) -> ds.Expression:
    try:
        return ds.field(column) == pa.scalar(text).cast(kind)
    except pa.ArrowInvalid as error:
        raise UserError(f"{column} is of type {kind}, and {text!r} is none: {error}") from error


def _found(log: TableLog, wanted: ds.Expression, columns: Sequence[str]) -> list[dict[str, Any]]:
    there = [name for name in dict.fromkeys(columns) if name in log.columns]
    found: list[dict[str, Any]] = log.rows(there, wanted).to_pylist()
    return found


def _without(row: Mapping[str, Any], key: Sequence[str]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in key and v is not None}
