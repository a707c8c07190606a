"""What became of a rule: how much breaks it, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.rule_level import FAIL, WARN

if TYPE_CHECKING:
    from conf.rule_level import Level


@dataclass(frozen=True)
class RuleFinding:
    """How many rows, or groups of rows, break a rule, `of` how many, and in words."""

    rule: str
    level: Level
    broken: int
    of: int
    text: str

    @property
    def fails(self) -> bool:
        """Return whether more is broken than the rule's level tolerates."""
        return self.level.name == FAIL and self.broken > self.level.tolerance * self.of

    @property
    def warns(self) -> bool:
        return self.level.name == WARN and self.broken > 0

    @property
    def sentence(self) -> str:
        tolerated = f"; {self.level.tolerance:g} is tolerated" if self.level.tolerance else ""
        return f"rule {self.rule!r}: {self.text}{tolerated}"
