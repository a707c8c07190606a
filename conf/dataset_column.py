"""A column of a dataset: its type, how its text may be written, and which values are valid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.column_notation import KEYS as NOTATION
from conf.column_notation import PLAIN, Notation, read_notation
from conf.column_type import kind_of, read_type
from conf.columns import BROKEN_RULES, ORIGINAL, REASON
from conf.reference_table import read_reference
from conf.rule_level import QUARANTINED, Level, read_level
from conf.value_rules import read_bound, read_lengths, read_pattern

if TYPE_CHECKING:
    from conf.document import Section
    from conf.reference_table import ReferenceValues
    from conf.value_rules import Bound

# The lake's own columns that no leading underscore tells apart.
RESERVED = (BROKEN_RULES, ORIGINAL, REASON)
# The key of a dataset whose rows have none of their own.
ROW_KEY = "row_id"
# What the names of the rules that a column brings end in. `level` is that of rules of values:
# without its type or its required value a row is none.
IS_REQUIRED = "is_required"
IS_IN_RANGE = "is_in_range"
IS_ALLOWED = "is_allowed"
MATCHES_ITS_PATTERN = "matches_its_pattern"
HAS_ITS_LENGTH = "has_its_length"
IS_IN_ITS_REFERENCE = "is_in_its_reference"
OF_VALUES = (IS_IN_RANGE, IS_ALLOWED, MATCHES_ITS_PATTERN, HAS_ITS_LENGTH, IS_IN_ITS_REFERENCE)


@dataclass(frozen=True)
class Column:
    """One column: its type, how its text may be written, and which values are valid.

    `source` has the names that files may have for it, the first of which that is there counts; a
    path, such as `address.city`, names a nested field. The column that `is_row_id` is in no file:
    it has the lake's own id of the row.
    """

    name: str
    type: str
    required: bool = False
    formats: tuple[str, ...] = ()
    minimum: Bound | None = None
    maximum: Bound | None = None
    allowed: tuple[str, ...] = ()
    allowed_from: ReferenceValues | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    level: Level = QUARANTINED
    notation: Notation = PLAIN
    source: tuple[str, ...] = ()
    missing: str | None = None
    is_row_id: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that files may have for it."""
        return self.source or (self.name,)

    @property
    def is_a_type(self) -> str:
        """Return what the name of the rule ends in that a value is of the column's type."""
        return f"is_a_{kind_of(self.type)}"

    @property
    def value_rules(self) -> tuple[str, ...]:
        """Return the names of the rules of values that the column brings, which have its level."""
        stated = {
            IS_IN_RANGE: self.minimum is not None or self.maximum is not None,
            IS_ALLOWED: bool(self.allowed),
            IS_IN_ITS_REFERENCE: self.allowed_from is not None,
            MATCHES_ITS_PATTERN: self.pattern is not None,
            HAS_ITS_LENGTH: self.min_length is not None or self.max_length is not None,
        }
        return tuple(self.rule(what) for what, is_stated in stated.items() if is_stated)

    def rule(self, what: str) -> str:
        """Compose the name of a rule that the column brings."""
        return f"{self.name}_{what}"


def read_column(name: str, section: Section) -> Column:
    section.allow(
        *("type", "required", "formats", "min", "max", "allowed", "allowed_from", "pattern"),
        *("min_length", "max_length", "level", "tolerance", "description", "source", "missing"),
        *NOTATION,
    )
    if name.startswith("_") or name in RESERVED:
        section.refuse(f"{section.where}: this name and those that begin with '_' are the lake's")
    elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        section.refuse(f"{section.where}: a name is letters, digits and underscores")
    column_type = read_type(section)
    least, most = read_lengths(section, column_type)
    column = Column(
        name=name,
        type=column_type,
        required=section.value("required", bool, default=False),
        formats=section.texts("formats"),
        minimum=read_bound(section, "min", column_type),
        maximum=read_bound(section, "max", column_type),
        allowed=section.texts("allowed"),
        allowed_from=read_reference(section.section("allowed_from")),
        pattern=read_pattern(section, column_type),
        min_length=least,
        max_length=most,
        level=read_level(section),
        notation=read_notation(section, column_type),
        source=_names(section),
        missing=_missing(section),
    )
    if "level" in section.values and not column.value_rules and column_type:
        section.refuse(
            f"{section.where_of('level')}: 'level' is that of the column's limits, lists, pattern "
            "and length; it has none"
        )
    return column


def _names(section: Section) -> tuple[str, ...]:
    """Read `source`: one name, or those that were and are used."""
    if isinstance(section.values.get("source"), list):
        return section.texts("source")
    name = section.value("source", str, None)
    return () if name is None else (name,)


def _missing(section: Section) -> str | None:
    if section.values.get("missing", "") is None:  # YAML's own null, unquoted
        return "null"
    return (
        section.choice("missing", ("null", "fail"), None) if "missing" in section.values else None
    )
