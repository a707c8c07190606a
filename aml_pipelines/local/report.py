"""Say how a run ended: its headlines and where to look, or what failed and how to resume."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.local.progress import say

if TYPE_CHECKING:
    from aml_pipelines.local.plan import Plan
    from aml_pipelines.local.run_record import RunRecord

_LAST_LINES = 20


def report_success(plan: Plan, record: RunRecord) -> None:
    """Print the headlines of the receipts, the seconds, and where run.json and the logs are."""
    for node in record.nodes.values():
        headline = node.receipt.get("headline") if isinstance(node.receipt, dict) else None
        if headline:
            say(f"  {headline}")
    say(f"{plan.pipeline.name}: completed in {record.seconds:.1f} s; see {record.file}")


def report_failure(record: RunRecord, resume: str) -> None:
    """Print every failed node with the end of its log, and the command that resumes."""
    for name, node in record.nodes.items():
        if node.status == "Failed":
            say(f"node {name!r} {node.error}; the end of its log:")
            for line in _last_lines(Path(node.log or "")):
                say(f"    {line}")
            say(f"  log: {node.log}")
    say(f"see {record.file}")
    say(f"when it is put right, resume with: {resume}")


def _last_lines(log: Path) -> list[str]:
    if not log.is_file():
        return []
    with log.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\n") for line in deque(lines, _LAST_LINES)]
