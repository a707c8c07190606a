"""tried.jsonl: how each crash ended when it was tried last, on which day and at which commit.

All of them take hours, so that each run of `make chaos` adds to what earlier ones have tried.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.chaos.crashes import Crash, Ends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.crashes import Outcome

FILE = Path(__file__).with_name("tried.jsonl")


@dataclass(frozen=True)
class Tried:
    """How a crash ended: the code of the second command, and what differed after it."""

    day: str = ""
    commit: str = ""
    second_code: int = 0
    differences: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        return self.second_code == 0 and not self.differences

    @classmethod
    def today(cls, outcome: Outcome, commit: str) -> Self:
        day = datetime.now(UTC).date().isoformat()
        return cls(day, commit, outcome.second_code, tuple(outcome.differences))


def read_tried() -> dict[Crash, Tried]:
    if not FILE.is_file():
        return {}
    return dict(_pair(json.loads(line)) for line in FILE.read_text("utf-8").splitlines())


def write_tried(tried: Mapping[Crash, Tried]) -> None:
    """Write all that were tried, in an order that no outcome changes."""
    lines = [json.dumps({**asdict(crash), **asdict(how)}) for crash, how in tried.items()]
    FILE.write_text("".join(f"{line}\n" for line in sorted(lines)), "utf-8")


def _pair(told: dict[str, Any]) -> tuple[Crash, Tried]:
    crash = Crash(**{name: told.pop(name) for name in Crash.__dataclass_fields__})
    differences = tuple(told.pop("differences"))
    return replace(crash, ends=Ends(crash.ends)), Tried(**told, differences=differences)
