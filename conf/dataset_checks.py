"""Checks a contract as a whole: what its parts name must be there, and be named once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.expressions import problems_of

if TYPE_CHECKING:
    from conf.dataset import Dataset
    from conf.document import Section


def check_presence(document: Section) -> None:
    """Refuse a contract without columns, key or sources."""
    for name in ("columns", "key"):
        if not document.values.get(name):
            document.refuse(f"{document.where}: {name!r} is missing; a contract states it")
    if not document.values.get("sources"):
        document.refuse(f"{document.where}: 'sources' is missing; it names where raw files arrive")


def check_expressions(document: Section) -> None:
    """Refuse rules and a label that are no expression over the contract's columns."""
    columns = list(document.section("columns").values)
    rules, label = document.section("rules"), document.section("label")
    for section, names in ((rules, list(rules.values)), (label, ["expression"])):
        for name in names:
            text = section.values.get(name)
            problems = problems_of(text, columns) if isinstance(text, str) else []
            for problem in problems:
                document.refuse(f"{section.where_of(name)}: {name!r}: {problem}")


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
    built_in = [rule for rule in dataset.rules if _is_built_in(rule, dataset)]
    if built_in:
        document.refuse(
            f"{document.where_of('rules')}: rules {built_in} have the names of rules that columns "
            "bring"
        )
    optional = [
        column.name
        for column in dataset.columns
        if column.name in dataset.key and not column.required
    ]
    if optional:
        document.refuse(
            f"{document.where_of('key')}: key columns {optional} must be 'required: true'"
        )


def _is_built_in(rule: str, dataset: Dataset) -> bool:
    brought = {
        f"{column.name}_is_{what}"
        for column in dataset.columns
        for what in (f"a_{column.type}", "required", "in_range", "allowed")
    }
    return rule in brought | {"well_formed", "no_undeclared_columns"}
