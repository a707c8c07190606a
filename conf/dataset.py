"""The contract of a dataset: what raw files hold, what a valid row is, what a model learns."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.columns import BROKEN_RULES, ORIGINAL, REASON
from conf.dataset_checks import check_names
from conf.document import ConfError, Section, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

DATASETS = Path(__file__).with_name("datasets")
FORMATS = ("csv", "jsonl", "parquet", "delta")
TYPES = ("string", "int", "long", "double", "boolean", "date", "timestamp")
# The lake's own columns that no leading underscore tells apart.
RESERVED = (BROKEN_RULES, ORIGINAL, REASON)
# Spark's integers, by the bits of their values.
BITS = {"int": 31, "long": 63}
SPLITS = ("train", "validation", "test")
Bound = float | int | str


@dataclass(frozen=True)
class Source:
    """Raw data: where it arrives, a glob below the lake (a folder for Delta), and its format.

    `compare` says how a file that changed is told: by its size and time, or by its content too.
    """

    path: str
    format: str
    compare: str


@dataclass(frozen=True)
class Column:
    """One column: its type, how its text may be written, and which values are valid."""

    name: str
    type: str
    required: bool
    formats: tuple[str, ...]
    minimum: Bound | None
    maximum: Bound | None
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """The column that is predicted: a SQL expression computes it, null while it is not known."""

    name: str
    expression: str


@dataclass(frozen=True)
class Split:
    """Rows that train, validate and test: shares by hash of the key or a group, or bounds in time.

    `parts` maps each split to its share (by key, by group) or its first day (by time); a time
    split ends on the day before `end`.
    """

    by: str
    column: str | None
    parts: Mapping[str, float | dt.date]
    end: dt.date | None


@dataclass(frozen=True)
class Dataset:
    """The contract of a dataset, as conf/datasets/<name>.yml states it."""

    name: str
    related: tuple[str, ...]
    sources: Mapping[str, Source]
    null_values: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    newest_by: tuple[str, ...]
    rules: Mapping[str, str]
    new_columns: str
    missing_columns: str
    max_quarantined: float
    event_time: str | None
    label: Label | None
    split: Split | None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def source_or_error(self, name: str) -> str:
        """Return the name of a source that the contract has; raise ConfError for another."""
        if name not in self.sources:
            raise ConfError(
                f"dataset {self.name!r} has no source {name!r}; it has {sorted(self.sources)}"
            )
        return name

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def load_dataset(name: str, *, folder: Path = DATASETS) -> Dataset:
    """Load the contract `name`.

    Raises ConfError naming the file and the key when the contract is unknown or states nonsense.
    """
    # First of all: a name comes from a command line, and could be a path.
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfError(f"dataset {name!r}: a name is lower-case letters, digits and underscores")
    document = read_document(folder / f"{name}.yml").allow(
        *("description", "related", "sources", "null_values", "columns", "key", "newest_by"),
        *("rules", "new_columns", "missing_columns", "max_quarantined", "event_time"),
        *("label", "split"),
    )
    rules = document.section("rules")
    dataset = Dataset(
        name=name,
        related=document.texts("related"),
        sources={n: _source(s) for n, s in document.section("sources").sections().items()},
        null_values=document.texts("null_values"),
        columns=tuple(_column(n, s) for n, s in document.section("columns").sections().items()),
        key=document.texts("key"),
        newest_by=document.texts("newest_by"),
        rules={rule: rules.value(rule, str) for rule in rules.values},
        new_columns=document.choice("new_columns", ("keep_text", "fail"), "fail"),
        missing_columns=document.choice("missing_columns", ("null", "fail"), "fail"),
        max_quarantined=document.value("max_quarantined", float, 0.5),
        event_time=document.value("event_time", str, None),
        label=_label(document.section("label")),
        split=_split(document.section("split")),
    )
    check_names(dataset, document.where)
    return dataset


def _source(section: Section) -> Source:
    section.allow("path", "format", "compare")
    path = section.value("path", str)
    if path.startswith("/") or ".." in Path(path).parts or "://" in path:
        raise ConfError(
            f"{section.where_of('path')}: path {path!r} is not below the lake; write it relative"
        )
    return Source(
        path,
        section.choice("format", FORMATS),
        section.choice("compare", ("listing", "content"), "listing"),
    )


def _column(name: str, section: Section) -> Column:
    section.allow("type", "required", "formats", "min", "max", "allowed", "description")
    if name.startswith("_") or name in RESERVED:
        raise ConfError(f"{section.where}: this name and those that begin with '_' are the lake's")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ConfError(f"{section.where}: a name is letters, digits and underscores")
    return Column(
        name=name,
        type=section.choice("type", TYPES),
        required=section.value("required", bool, default=False),
        formats=section.texts("formats"),
        minimum=_bound(section, "min"),
        maximum=_bound(section, "max"),
        allowed=section.texts("allowed"),
    )


def _bound(section: Section, name: str) -> Bound | None:
    """Read a limit: a number for numbers, a day or moment for dates and timestamps."""
    limit, kind = section.values.get(name), section.values.get("type")
    if limit is None:
        return None
    if kind in {"date", "timestamp"} and isinstance(limit, dt.date | str):
        return str(limit)
    is_truth = isinstance(limit, bool)  # True is an int to Python
    if kind == "double" and isinstance(limit, int | float) and not is_truth:
        return limit
    if kind in BITS and isinstance(limit, int) and not is_truth:
        if -(2 ** BITS[kind]) <= limit < 2 ** BITS[kind]:
            return limit
        raise ConfError(f"{section.where_of(name)}: {name!r} is {limit}, which is no {kind}")
    raise ConfError(
        f"{section.where_of(name)}: {name!r} is {limit!r}; it takes a value of the column's type, "
        f"{kind}"
    )


def _label(section: Section) -> Label | None:
    if not section.values:
        return None
    section.allow("name", "expression")
    return Label(section.value("name", str), section.value("expression", str))


def _split(section: Section) -> Split | None:
    if not section.values:
        return None
    section.allow("by", "column", "end", *SPLITS)
    by = section.choice("by", ("key", "group", "time"))
    column = section.value("column", str, None)
    if (column is None) != (by == "key"):
        raise ConfError(
            f"{section.where}: by {by!r} {'needs' if column is None else 'has no'} column"
        )
    if by == "time":
        starts = {part: section.value(part, dt.date) for part in SPLITS}
        end = section.value("end", dt.date)
        if not starts["train"] < starts["validation"] < starts["test"] < end:
            raise ConfError(f"{section.where}: train, validation, test and end must follow in time")
        return Split(by, column, dict(starts), end)
    shares = {part: section.value(part, float) for part in SPLITS}
    if min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-9:  # noqa: PLR2004 # rounding
        raise ConfError(f"{section.where}: shares {shares} must be positive and add up to 1")
    return Split(by, column, dict(shares), None)
