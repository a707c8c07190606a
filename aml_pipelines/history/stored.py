"""The table of all runs, one row a run and node: a Parquet file beside the lake, for any engine.

It follows from the records of runs. Those of runs whose records are gone stay in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.files import whole_file
from aml_pipelines.history.node_runs import NodeRun, node_runs_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aml_pipelines.workspace.state import StateFolder
    from conf.prices import Prices

_AS_JSON = ("set_aside", "tables")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("run", "pipeline", "dataset", "model_name")),
        *((name, pa.string()) for name in ("node", "type")),
        ("started", pa.timestamp("ms", "UTC")),
        ("seconds", pa.float64()),
        ("status", pa.string()),
        ("reused", pa.bool_()),
        ("table", pa.string()),
        ("rows_in", pa.int64()),
        ("rows_out", pa.int64()),
        *((name, pa.string()) for name in _AS_JSON),
    ]
)
_PRICED = pa.schema([*_SCHEMA, ("cost", pa.float64()), ("currency", pa.string())])


def bring_up_to_date(folder: StateFolder, prices: Prices | None) -> list[NodeRun]:
    """Write what the records of runs say to the table, and return all that it has, oldest first.

    With prices it has the columns `cost` and `currency`. Raises CommandFailedError for a table that
    cannot be read.
    """
    file = folder.history
    found = list(node_runs_in(folder))
    recorded = {each.run for each in found}
    found += [each for each in _stored(file) if each.run not in recorded]
    found.sort(key=lambda each: (each.started, each.run))
    with whole_file(file) as stream:
        pq.write_table(_table(found, prices), stream)
    return found


def cost_of(each: NodeRun, prices: Prices) -> float | None:
    """Return what the seconds of a node cost; a reused one cost nothing."""
    seconds = 0.0 if each.reused else each.seconds
    return prices.cost(node=each.node, kind=each.type, seconds=seconds)


def _stored(file: Path) -> list[NodeRun]:
    if not file.is_file():
        return []
    names = [field.name for field in fields(NodeRun)]
    try:
        rows = pq.read_table(file, columns=names).to_pylist()
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise CommandFailedError(
            f"{file}: the table of runs cannot be read: {error}; move it away, and type the same "
            "command again: it is made anew from the records of runs"
        ) from error
    for row in rows:
        row |= {name: json.loads(row[name]) if row[name] else None for name in _AS_JSON}
    return [NodeRun(**row) for row in rows]


def _table(found: Iterable[NodeRun], prices: Prices | None) -> pa.Table:
    rows = [_row(each, prices) for each in found]
    return pa.Table.from_pylist(rows, schema=_PRICED if prices else _SCHEMA)


def _row(each: NodeRun, prices: Prices | None) -> dict[str, Any]:
    row = asdict(each)
    row |= {name: json.dumps(row[name]) if row[name] is not None else None for name in _AS_JSON}
    if prices:
        row |= {"cost": cost_of(each, prices), "currency": prices.currency}
    return row
