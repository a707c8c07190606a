"""The contract of a dataset: what raw files hold, what a valid row is, what a model learns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conf.dataset_checks import check_expressions, check_names, check_presence
from conf.dataset_column import ROW_KEY, Column, read_column
from conf.dataset_learning import read_label, read_split
from conf.dataset_rules import read_rules
from conf.dataset_source import read_source
from conf.document import ConfError, Section, read_document
from conf.expressions import columns_read
from conf.table_rules import is_judged_with_rows, read_table_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conf.dataset_learning import Label, Split
    from conf.dataset_rules import Rule
    from conf.dataset_source import Source
    from conf.rule_level import Level
    from conf.table_rules import TableRule

DATASETS = Path(__file__).with_name("datasets")


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
    deleted_when: str | None
    history: bool
    rules: Mapping[str, Rule]
    table_rules: Mapping[str, TableRule]
    new_columns: str
    missing_columns: str
    ignore_case: bool
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
    def label_columns(self) -> tuple[str, ...]:
        """Return the columns that the label is computed from: they would leak it as features."""
        if self.label is None:
            return ()
        return columns_read(self.label.expression, self.column_names)

    @property
    def snapshots(self) -> tuple[str, ...]:
        """Return the sources whose files are, each time, the whole truth."""
        return tuple(name for name, source in self.sources.items() if source.snapshot)

    @property
    def may_delete(self) -> bool:
        """Return whether an entity may be deleted, by a row or by a snapshot that lacks it."""
        return self.deleted_when is not None or bool(self.snapshots)

    @property
    def identifying(self) -> tuple[str, ...]:
        """Return the columns that say of a row which entity it deletes, and from when on."""
        says = columns_read(self.deleted_when, self.column_names) if self.deleted_when else ()
        return tuple(dict.fromkeys((*self.key, *self.newest_by, *says)))

    @property
    def levels(self) -> dict[str, Level]:
        """Return the levels of the rules of rows that may have one, by the names of the rules."""
        of_columns = {name: c.level for c in self.columns for name in c.value_rules}
        return of_columns | {name: rule.level for name, rule in self.rules.items()}

    @property
    def judged_with_rows(self) -> dict[str, TableRule]:
        """Return the rules over more than a row that decide which rows are valid."""
        return {name: r for name, r in self.table_rules.items() if is_judged_with_rows(r)}

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        """Return the columns that files have."""
        return tuple(column for column in self.columns if not column.is_row_id)

    @property
    def raw_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.raw_columns)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def load_dataset(name: str, *, folder: Path = DATASETS) -> Dataset:
    """Load the contract `name`.

    Raises ConfError with all that is wrong, each with file, line and key, when the contract is
    unknown or states nonsense.
    """
    require_dataset_name(name)  # first of all: it comes from a command line, and could be a path
    document = read_document(folder / f"{name}.yml", found=[])
    dataset = _read(name, document)
    check_presence(document)
    check_expressions(document)
    if not document.found:  # what is wrong with names may follow from what is wrong with columns
        check_names(dataset, document)
    document.raise_found()
    return dataset


def require_dataset_name(name: str) -> None:
    """Raise ConfError for what is no name of a dataset."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfError(f"dataset {name!r}: a name is lower-case letters, digits and underscores")


def columns_alone(columns: Sequence[Column]) -> Dataset:
    """Return a contract of nothing but columns, which may have whatever names files have."""
    nothing = Section({}, DATASETS / "nothing.yml", found=[])
    return replace(_read("nothing", nothing), columns=tuple(columns))


def _read(name: str, document: Section) -> Dataset:
    document.allow(
        *("description", "related", "sources", "null_values", "columns", "key", "newest_by"),
        *(
            "deleted_when",
            "history",
            "rules",
            "table_rules",
            "new_columns",
            "missing_columns",
            "ignore_case",
        ),
        *("max_quarantined", "event_time", "label", "split"),
    )
    return Dataset(
        name=name,
        related=document.texts("related"),
        sources={n: read_source(s) for n, s in document.section("sources").sections().items()},
        null_values=document.texts("null_values"),
        columns=_columns(document),
        key=(ROW_KEY,) if _has_row_key(document) else document.texts("key"),
        newest_by=document.texts("newest_by"),
        deleted_when=document.value("deleted_when", str, None),
        history=document.value("history", bool, default=False),
        rules=read_rules(document.section("rules")),
        table_rules=read_table_rules(document.section("table_rules")),
        new_columns=document.choice("new_columns", ("keep_text", "fail"), "fail"),
        missing_columns=document.choice("missing_columns", ("null", "fail"), "fail"),
        ignore_case=document.value("ignore_case", bool, default=False),
        max_quarantined=document.value("max_quarantined", float, 0.5),
        event_time=document.value("event_time", str, None),
        label=read_label(document.section("label")),
        split=read_split(document.section("split")),
    )


def _columns(document: Section) -> tuple[Column, ...]:
    stated = document.section("columns").sections()
    columns = tuple(read_column(name, section) for name, section in stated.items())
    if not _has_row_key(document):
        return columns
    if ROW_KEY in stated:
        document.refuse(
            f"{document.where_of('key')}: 'key: row' makes a column {ROW_KEY!r}; rename the one "
            "that is declared, and state its name in files as its 'source'"
        )
    row_id = Column(ROW_KEY, "string", required=True, is_row_id=True)
    return (row_id, *columns)


def _has_row_key(document: Section) -> bool:
    return document.values.get("key") == "row"
