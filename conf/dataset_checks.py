"""Checks a contract as a whole: what its parts name must be there, and be named once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.column_type import DECIMAL, kind_of
from conf.dataset_column import IS_REQUIRED, OF_VALUES
from conf.expressions import may_be_condition, problems_of
from conf.table_rules import FRESHNESS, SHARE, ForeignKey, Measure, Unique, of_kind
from conf.version_checks import check_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conf.dataset import Dataset
    from conf.document import Section

_TEXT = ("csv", "jsonl", "json")


def check_presence(document: Section) -> None:
    """Refuse a contract without columns, key or sources."""
    for name in ("columns", "key"):
        if not document.values.get(name):
            document.refuse(f"{document.where}: {name!r} is missing; a contract states it")
    if not document.values.get("sources"):
        document.refuse(f"{document.where}: 'sources' is missing; it names where raw files arrive")


def check_expressions(document: Section) -> None:
    """Refuse rules, measures and a label that are no expression over the contract's columns."""
    columns = document.section("columns").values
    conditions = [
        name
        for name, stated in columns.items()
        if isinstance(stated, dict) and stated.get("type") == "boolean"
    ]
    for section, key, is_condition in _expressions(document):
        text = section.values.get(key)
        if not isinstance(text, str):
            continue
        problems = problems_of(text, columns)
        if is_condition and not problems and not may_be_condition(text, conditions):
            problems = ["is no condition: nothing in it is true or false"]
        for problem in problems:
            document.refuse(f"{section.where_of(key)}: {key!r}: {problem}")


def _expressions(document: Section) -> Iterator[tuple[Section, str, bool]]:
    """Yield where an expression may stand: a mapping, the key in it, and if a condition is due."""
    rules, measures = document.section("rules"), document.section("table_rules")
    for name, stated in rules.values.items():
        is_mapping = isinstance(stated, dict)
        yield (rules.section(name), "expression", True) if is_mapping else (rules, name, True)
    for name, stated in measures.values.items():
        if isinstance(stated, dict):
            yield measures.section(name), "of", stated.get("measure") == SHARE
    yield document.section("label"), "expression", False
    yield document, "deleted_when", True


def check_names(dataset: Dataset, document: Section) -> None:
    """Refuse a contract that names columns it lacks, or names one thing twice."""
    named = {"key": dataset.key, "newest_by": dataset.newest_by}
    if dataset.event_time:
        named["event_time"] = (dataset.event_time,)
    for what, names in named.items():
        unknown = sorted(set(names) - set(dataset.column_names))
        if unknown:
            document.refuse(
                f"{document.where_of(what)}: {what} names {unknown}; "
                f"the columns are {list(dataset.column_names)}"
            )
    lower = [name.lower() for name in dataset.column_names]
    alike = sorted({name for name in dataset.column_names if lower.count(name.lower()) > 1})
    if alike:
        document.refuse(
            f"{document.where_of('columns')}: columns {alike} differ by capital letters alone, "
            "as Spark's do not"
        )
    decimals = [name for name in dataset.key if _is_decimal(dataset, name)]
    if decimals:
        document.refuse(
            f"{document.where_of('key')}: key columns {decimals} are decimals, which published "
            "tables have as doubles; make them strings or integers"
        )
    check_versions(dataset, document)
    _check_zones(dataset, document)
    _check_rule_names(dataset, document)
    _check_table_rules(dataset, document)
    optional = [
        column.name
        for column in dataset.columns
        if column.name in dataset.key and not column.required
    ]
    if optional:
        document.refuse(
            f"{document.where_of('key')}: key columns {optional} must be 'required: true'"
        )


def _is_decimal(dataset: Dataset, name: str) -> bool:
    return any(c.name == name and kind_of(c.type) == DECIMAL for c in dataset.columns)


def _check_zones(dataset: Dataset, document: Section) -> None:
    """Refuse a zone for moments of typed files, whose text is UTC and does not say so."""
    typed = sorted({source.format for source in dataset.sources.values()} - {*_TEXT})
    zoned = [column.name for column in dataset.columns if column.notation.zone]
    if typed and zoned:
        where = document.section("columns").section(zoned[0]).where_of("zone")
        document.refuse(
            f"{where}: 'zone' is for text, and a source is of {typed}, whose moments are UTC; "
            "leave it out, or give the dataset's texts a dataset of their own"
        )


def _check_rule_names(dataset: Dataset, document: Section) -> None:
    brought = {
        column.rule(what)
        for column in dataset.columns
        for what in (column.is_a_type, IS_REQUIRED, *OF_VALUES)
    } | {"well_formed", "no_undeclared_columns"}
    for what in ("rules", "table_rules"):
        built_in = [rule for rule in document.section(what).values if rule in brought]
        if built_in:
            document.refuse(
                f"{document.where_of(what)}: {what} {built_in} have the names of rules that "
                "columns bring"
            )
    twice = sorted({*dataset.rules} & {*dataset.table_rules})
    if twice:
        document.refuse(
            f"{document.where_of('table_rules')}: table_rules {twice} have the names of rules"
        )


def _check_table_rules(dataset: Dataset, document: Section) -> None:
    rules = dataset.table_rules
    named = {name: rule.columns for name, rule in of_kind(rules, Unique).items()}
    named |= {name: rule.columns for name, rule in of_kind(rules, ForeignKey).items()}
    named |= {name: rule.by for name, rule in of_kind(rules, Measure).items()}
    where = document.section("table_rules").where_of
    for name, columns in named.items():
        unknown = sorted({*columns} - {*dataset.column_names})
        if unknown:
            document.refuse(
                f"{where(name)}: {name!r} names {unknown}; the columns are "
                f"{list(dataset.column_names)}"
            )
    for name, foreign_key in of_kind(rules, ForeignKey).items():
        if foreign_key.dataset not in dataset.related:
            document.refuse(
                f"{where(name)}: {name!r} refers to dataset {foreign_key.dataset!r}, which is not "
                "in 'related': it would not be cleaned first"
            )
    for name, measure in of_kind(rules, Measure).items():
        if measure.measure == FRESHNESS and not (measure.of or dataset.event_time):
            document.refuse(
                f"{where(name)}: {name!r} measures the freshness of nothing; state 'of', or the "
                "contract's 'event_time'"
            )
