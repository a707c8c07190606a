"""Prints how a run ended: its headlines and files, or what failed and how to resume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.console import say
from aml_pipelines.execution.log_end import last_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aml_pipelines.execution.record import RunRecord
    from aml_pipelines.pipeline.plan import Plan


def report_success(plan: Plan, record: RunRecord) -> None:
    """Print the headlines of the receipts, the seconds, and where run.json and the logs are."""
    for headline in _headlines(record):
        say(f"  {headline}")
    for output, reference in _registered(record).items():
        say(f"  output {output} is registered as {reference}")
    say(f"{plan.pipeline.name}: completed in {record.seconds:.1f} s; see {record.file}")


def report_all(records: Sequence[RunRecord]) -> None:
    """Print what came of each of several pipelines, its seconds, and those of all."""
    if len(records) > 1:
        say(f"all {len(records)} pipelines completed in {records[0].seconds_since:.1f} s")
        for record in records:
            say(f"  {record.file.parent.name}, {record.seconds:.1f} s: {_outcome(record)}")


def report_failure(record: RunRecord, resume: str) -> None:
    """Print every failed node with the end of its log, and the command that resumes."""
    report_failed_nodes(record)
    say(f"when it is put right, resume with: {resume}")


def report_failed_nodes(record: RunRecord) -> None:
    """Print every failed node with the end of its log."""
    for name, node in record.nodes.items():
        if node.status == "Failed":
            say(f"node {name!r} {node.error}" + ("; the end of its log:" if node.log else ""))
            for line in last_lines(Path(node.log)) if node.log else ():
                say(f"    {line}")
            if node.log:
                say(f"  log: {node.log}")
    say(f"see {record.file}")


def _registered(record: RunRecord) -> dict[str, str]:
    of_nodes = {
        f"{name}.{output}": reference
        for name, node in record.nodes.items()
        for output, reference in node.registered.items()
    }
    return {**of_nodes, **record.registered}


def _outcome(record: RunRecord) -> str:
    """Return the verdict that a receipt states, or else the last headline."""
    stated = [receipt.get("details", {}).get("verdict") for receipt in _receipts(record)]
    return next(filter(None, stated), None) or (_headlines(record) or ["done"])[-1]


def _headlines(record: RunRecord) -> list[str]:
    return [str(r["headline"]) for r in _receipts(record) if r.get("headline")]


def _receipts(record: RunRecord) -> list[dict[str, Any]]:
    return [node.receipt for node in record.nodes.values() if isinstance(node.receipt, dict)]
