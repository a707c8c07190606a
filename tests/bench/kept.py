"""What was measured before: JSON files of one commit, each of a module at a size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conf.target import REPOSITORY
from tests.bench.comparison import Comparison
from tests.bench.event_log import Executed
from tests.bench.measuring import Cost, Found
from tests.bench.usage import Usage

if TYPE_CHECKING:
    from pathlib import Path

# A folder for each commit: a command that was cut off loses one piece of work.
KEPT = REPOSITORY / ".cache" / "bench" / "measured"


def kept_of(folder: Path) -> list[Found]:
    """Read what was found before, each module at each size."""
    return [_found(json.loads(file.read_text("utf-8"))) for file in sorted(folder.glob("*.json"))]


def _found(told: dict[str, Any]) -> Found:
    costs = [Cost(**{**cost, "usage": _usage(cost["usage"])}) for cost in told["costs"]]
    comparisons = [Comparison(**each) for each in told["comparisons"]]
    return Found(**{**told, "costs": costs, "comparisons": comparisons})


def _usage(told: dict[str, Any]) -> Usage:
    return Usage(**{**told, "executed": Executed(**told["executed"])})
