"""What was measured before: JSON files, each of a module at a size, with the commit it is of."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.comparison import Comparison
from tests.bench.event_log import Executed
from tests.bench.measuring import Cost, Found
from tests.bench.usage import Usage

# Beside the code: the page has what was measured when, and what is measured anew takes its place.
KEPT = Path(__file__).with_name("measured")


def keep(found: Found, folder: Path) -> None:
    """Write what was found in place of what the same module found at this size before."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{found.size}-{found.module}.json"
    file.write_text(f"{json.dumps(asdict(found), indent=1)}\n", "utf-8")


def kept_of(folder: Path) -> list[Found]:
    """Read what was found before, each module at each size."""
    return [_found(json.loads(file.read_text("utf-8"))) for file in sorted(folder.glob("*.json"))]


def _found(told: dict[str, Any]) -> Found:
    costs = [Cost(**{**cost, "usage": _usage(cost["usage"])}) for cost in told["costs"]]
    comparisons = [Comparison(**each) for each in told["comparisons"]]
    return Found(**{**told, "costs": costs, "comparisons": comparisons})


def _usage(told: dict[str, Any]) -> Usage:
    return Usage(**{**told, "executed": Executed(**told["executed"])})
