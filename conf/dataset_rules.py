"""Rules of a dataset's rows: expressions that are true of a valid row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.rule_level import QUARANTINED, Level, read_level

if TYPE_CHECKING:
    from conf.document import Section


@dataclass(frozen=True)
class Rule:
    """A SQL expression that is true of a valid row; a row for which it is null broke the rule."""

    expression: str
    level: Level = QUARANTINED


def read_rules(section: Section) -> dict[str, Rule]:
    """Read rules by name: an expression alone, or a mapping with its `level`."""
    return {name: _read_rule(section, name) for name in section.values}


def _read_rule(section: Section, name: str) -> Rule:
    if not isinstance(section.values[name], dict):
        return Rule(section.value(name, str))
    stated = section.section(name).allow("expression", "level", "tolerance")
    return Rule(stated.value("expression", str), read_level(stated))
