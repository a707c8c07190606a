"""How serious a broken rule is: its row is set aside, is warned of, or makes the step fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conf.document import Section

QUARANTINE, WARN, FAIL = "quarantine", "warn", "fail"
LEVELS = (QUARANTINE, WARN, FAIL)


@dataclass(frozen=True)
class Level:
    """`quarantine` sets a row aside, `warn` counts it and keeps it valid, `fail` sets it aside too.

    With `fail` the step fails after it has written when more than the share `tolerance` is broken.
    """

    name: str = QUARANTINE
    tolerance: float = 0.0


QUARANTINED = Level()


def read_level(
    section: Section, *, levels: Sequence[str] = LEVELS, default: str = QUARANTINE
) -> Level:
    """Read the keys `level` and `tolerance` of a rule; a tolerance is for `fail` alone."""
    name = section.choice("level", levels, default)
    tolerance = section.value("tolerance", float, 0.0)
    if "tolerance" not in section.values:
        return Level(name)
    if name != FAIL:
        section.refuse(
            f"{section.where_of('tolerance')}: 'tolerance' is for 'level: fail', not for {name!r}"
        )
    elif not 0 <= tolerance <= 1:
        section.refuse(
            f"{section.where_of('tolerance')}: 'tolerance' is {tolerance}; it is a share, 0 to 1"
        )
    return Level(name, tolerance)
