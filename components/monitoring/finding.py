"""A finding: what is not as it was, where, how grave it is, why, and by which numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from conf.monitor import LEVELS
from conf.profile_columns import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE_NAME = "findings.json"


@dataclass(frozen=True)
class HealthFinding:
    """One thing that is not as it was.

    `kind` is one of conf.monitor.DEFAULT_LEVELS, `day` the last day that it is of, `began` the
    first one, where that is known. `evidence` has numbers, what they are held against, and the
    threshold.
    """

    kind: str
    column: str | None
    slice: str
    day: str
    level: str
    cause: str
    evidence: Mapping[str, float | int | str | None]
    began: str | None = None
    importance: float | None = None


@dataclass(frozen=True)
class Health:
    """What one run has judged: the model, the days, the findings, gravest first, and measurements.

    `silent` says what could not be judged, and why.
    """

    dataset: str
    model_name: str
    model_version: str
    first_day: str
    last_day: str
    rows: int
    findings: Sequence[HealthFinding]
    measured: Mapping[str, object] = field(default_factory=dict)
    silent: Sequence[str] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @property
    def verdict(self) -> str:
        """Say in one line how things are."""
        days = (
            self.first_day
            if self.first_day == self.last_day
            else (f"{self.first_day} to {self.last_day}")
        )
        judged = f"{self.rows:,} rows of {days}"
        if not self.findings:
            return f"{self.dataset}: {judged} are like what {self.model_name} learnt from"
        first, others = self.findings[0], len(self.findings) - 1
        more = f"; {others} more finding{'' if others == 1 else 's'}" if others else ""
        return f"{self.dataset}: {judged} are not like before: {first.cause}{more}"


def gravest_first(findings: Sequence[HealthFinding]) -> list[HealthFinding]:
    """Order findings by level, those of all rows first, by their column's importance, by name."""
    return sorted(
        findings,
        key=lambda each: (
            -LEVELS.index(each.level),
            each.slice != ALL,
            -(each.importance or 0.0),
            each.kind,
            each.column or "",
            each.slice,
        ),
    )
