"""Rules over more than a row: unique columns, foreign keys, and measures within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from conf.rule_level import FAIL, QUARANTINE, WARN, Level, read_level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.document import Section

ROW_COUNT, SHARE, SUM, MEAN, FRESHNESS = "row_count", "share", "sum", "mean", "freshness_hours"
MEASURES = (ROW_COUNT, SHARE, SUM, MEAN, FRESHNESS)
_KINDS = ("unique", "foreign_key", "measure")
RuleKind = TypeVar("RuleKind", "Unique", "ForeignKey", "Measure")


@dataclass(frozen=True)
class Unique:
    """No two valid rows have the same values in `columns`; rows with a null there are not meant."""

    columns: tuple[str, ...]
    level: Level


@dataclass(frozen=True)
class ForeignKey:
    """The values in `columns` are those that some valid row of `dataset` has in `references`.

    Rows with a null in `columns` are not meant.
    """

    columns: tuple[str, ...]
    dataset: str
    references: tuple[str, ...]
    level: Level


@dataclass(frozen=True)
class Measure:
    """A measure of all valid rows, or of each group that has the same values in `by`.

    It is within `minimum` and `maximum`: the number of rows, the share of rows of which the
    expression `of` is true, its sum or mean, or the hours from its newest value to the newest
    moment that bronze has.
    """

    measure: str
    of: str | None
    minimum: float | None
    maximum: float | None
    by: tuple[str, ...]
    level: Level


TableRule = Unique | ForeignKey | Measure


def of_kind(rules: Mapping[str, TableRule], kind: type[RuleKind]) -> dict[str, RuleKind]:
    """Return the rules of one kind by name."""
    return {name: rule for name, rule in rules.items() if isinstance(rule, kind)}


def read_table_rules(section: Section) -> dict[str, TableRule]:
    """Read rules by name, which is a part of names of columns."""
    for name in section.values:
        if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name):
            section.refuse(
                f"{section.where_of(name)}: {name!r}: a name is letters, digits and underscores"
            )
    rules = {name: _read_rule(stated) for name, stated in section.sections().items()}
    return {name: rule for name, rule in rules.items() if rule is not None}


def _read_rule(section: Section) -> TableRule | None:
    kinds = [kind for kind in _KINDS if kind in section.values]
    if len(kinds) != 1:
        section.refuse(f"{section.where}: it has one of {list(_KINDS)}, and has {kinds}")
        return None
    if kinds == ["unique"]:
        section.allow("unique", "level", "tolerance")
        return Unique(_columns(section, "unique"), read_level(section))
    if kinds == ["foreign_key"]:
        section.allow("foreign_key", "level", "tolerance")
        stated = section.section("foreign_key").allow("columns", "dataset", "references")
        columns, references = _columns(stated, "columns"), _columns(stated, "references")
        if columns and references and len(columns) != len(references):
            section.refuse(
                f"{stated.where_of('references')}: columns {list(columns)} and references "
                f"{list(references)} are not as many"
            )
        return ForeignKey(columns, stated.value("dataset", str), references, read_level(section))
    return _read_measure(section)


def _read_measure(section: Section) -> Measure:
    section.allow("measure", "of", "min", "max", "by", "level", "tolerance")
    measure = section.choice("measure", MEASURES)
    of = section.optional("of", str)
    is_known = section.values.get("measure") == measure
    if is_known and measure in {SHARE, SUM, MEAN} and of is None:
        section.refuse(f"{section.where}: key 'of' is missing; {measure!r} is of an expression")
    if is_known and measure == ROW_COUNT and of is not None:
        section.refuse(f"{section.where_of('of')}: 'row_count' is of rows, and of no expression")
    least, most = section.optional("min", float), section.optional("max", float)
    if least is None and most is None:
        section.refuse(f"{section.where}: it has neither 'min' nor 'max'; a measure has a limit")
    level = read_level(section, levels=(WARN, FAIL), default=FAIL)
    return Measure(measure, of, least, most, section.texts("by"), level)


def _columns(section: Section, name: str) -> tuple[str, ...]:
    columns = section.texts(name)
    if not columns:
        section.refuse(f"{section.where}: {name!r} is missing; it lists columns")
    return columns


def is_judged_with_rows(rule: TableRule) -> bool:
    """Return whether a rule decides of single rows whether they are valid."""
    return not isinstance(rule, Measure) and rule.level.name == QUARANTINE
