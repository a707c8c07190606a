"""Records of runs become rows: one a node, with the counts of the table that its step passes on."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from aml_pipelines.history.node_runs import NodeRun, node_runs_in
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NODE = {"type": "spark", "status": "Completed", "seconds": 3.5, "reused": False, "receipt": None}
TABLES = {
    "rides/quarantine": {"rows_in": 10, "rows_out": 2, "set_aside": {}},
    "rides/valid": {"rows_in": 10, "rows_out": 7, "set_aside": {"quarantined": 2, "duplicate": 1}},
    "zones/valid": {"rows_in": 4, "rows_out": 4, "set_aside": {}},
}


def record(folder: Path, run: str, nodes: Mapping[str, object], **about: object) -> None:
    file = folder / "runs" / run / "run.json"
    file.parent.mkdir(parents=True)
    told = {"pipeline": "data", "started": "2026-11-08T10:00:00.5+02:00", **about, "nodes": nodes}
    file.write_text(json.dumps(told))


def test_a_node_has_the_counts_of_the_table_that_its_step_passes_on(tmp_path: Path) -> None:
    receipt = {"dataset": "rides", "tables": TABLES}
    nodes = {"clean": {**NODE, "receipt": receipt}, "score": {**NODE, "type": "command"}}
    record(tmp_path, "r1", nodes, inputs={"dataset": "rides", "model_name": "rides_late"})

    clean, score = node_runs_in(StateFolder(tmp_path))

    started = dt.datetime(2026, 11, 8, 8, 0, 0, 500000, tzinfo=dt.UTC)
    assert clean == NodeRun(
        *("r1", "data", "rides", "rides_late", "clean", "spark", started, 3.5, "Completed"),
        *(False, "rides/valid", 10, 7, {"quarantined": 2, "duplicate": 1}, TABLES),
    )
    assert (score.dataset, score.type, score.table, score.rows_in) == (
        "rides",
        "command",
        None,
        None,
    )


def test_a_receipt_without_a_table_has_no_counts(tmp_path: Path) -> None:
    nodes = {"register": {**NODE, "receipt": {"dataset": "rides", "tables": {}}}}
    record(tmp_path, "r1", nodes)

    (register,) = node_runs_in(StateFolder(tmp_path))

    assert (register.dataset, register.table, register.rows_out) == ("rides", None, None)
