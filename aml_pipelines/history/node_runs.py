"""The nodes of runs, as the records of runs tell of them: seconds, rows, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aml_pipelines.leftovers.runs import COMPLETED, run_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.workspace.state import StateFolder

# The table that a step passes on, and whose counts are therefore those of its node.
_PASSED_ON = ("valid", "features", "train", "batch", "scores", "bronze")
_COUNTS = ("rows_in", "rows_out", "set_aside")


@dataclass(frozen=True)
class NodeRun:
    """One node of one run.

    `started` is when its run did. Counts are those of `table`, the one that its step passes on;
    `tables` has those of each table on its receipt. They are None of a node without a receipt.
    """

    run: str
    pipeline: str
    dataset: str | None
    model_name: str | None
    node: str
    type: str
    started: datetime
    seconds: float
    status: str
    reused: bool
    table: str | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    set_aside: Mapping[str, int] | None = None
    tables: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def has_run(self) -> bool:
        """Whether it ran to its end itself: what is reused took no time."""
        return self.status == COMPLETED and not self.reused

    @property
    def work(self) -> tuple[str, str | None, str | None, str]:
        """What it has in common with the same node of other runs."""
        return self.pipeline, self.dataset, self.model_name, self.node


def node_runs_in(folder: StateFolder) -> Iterator[NodeRun]:
    """Yield the nodes of all runs that have a record."""
    for run, record in run_records(folder):
        for node, told in record["nodes"].items():
            yield _node_run(run, record, node, told)


def _node_run(run: str, record: Mapping[str, Any], node: str, told: Mapping[str, Any]) -> NodeRun:
    inputs, receipt = record.get("inputs", {}), told.get("receipt")
    if not isinstance(receipt, dict) or "dataset" not in receipt:  # of somebody else's step
        receipt = {}
    return NodeRun(
        run=run,
        pipeline=record["pipeline"],
        dataset=receipt.get("dataset", inputs.get("dataset")),
        model_name=inputs.get("model_name"),
        node=node,
        type=told["type"],
        started=datetime.fromisoformat(record["started"]),
        seconds=told["seconds"],
        status=told["status"],
        reused=told["reused"],
        **(_counts(receipt) if receipt else {}),
    )


def _counts(receipt: Mapping[str, Any]) -> dict[str, Any]:
    tables = {
        name: {count: table[count] for count in _COUNTS}
        for name, table in receipt.get("tables", {}).items()
    }
    own = [f"{receipt['dataset']}/{name}" for name in _PASSED_ON]
    main = next((name for name in (*own, *tables) if name in tables), None)
    return {"tables": tables, "table": main, **(tables[main] if main else {})}
