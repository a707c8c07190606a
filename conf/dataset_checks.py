"""Checks a contract as a whole: what its parts name must be there, and be named once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.document import ConfError

if TYPE_CHECKING:
    from conf.dataset import Dataset


def _is_built_in(rule: str, dataset: Dataset) -> bool:
    brought = {
        f"{column.name}_is_{what}"
        for column in dataset.columns
        for what in (f"a_{column.type}", "required", "in_range", "allowed")
    }
    return rule in brought | {"well_formed", "no_undeclared_columns"}


def check_names(dataset: Dataset, where: str) -> None:
    """Refuse a contract without columns, key or sources, or one that names columns it lacks."""
    for name, items in (("columns", dataset.columns), ("key", dataset.key)):
        if not items:
            raise ConfError(f"{where}: {name!r} is missing; a contract states it")
    if not dataset.sources:
        raise ConfError(f"{where}: 'sources' is missing; it names where raw files arrive")
    named = {"key": dataset.key, "newest_by": dataset.newest_by}
    if dataset.event_time:
        named["event_time"] = (dataset.event_time,)
    for what, names in named.items():
        unknown = sorted(set(names) - set(dataset.column_names))
        if unknown:
            raise ConfError(
                f"{where}: {what} names {unknown}; the columns are {list(dataset.column_names)}"
            )
    lower = [name.lower() for name in dataset.column_names]
    alike = sorted({name for name in dataset.column_names if lower.count(name.lower()) > 1})
    if alike:
        raise ConfError(
            f"{where}: columns {alike} differ by capital letters alone, as Spark's do not"
        )
    built_in = [rule for rule in dataset.rules if _is_built_in(rule, dataset)]
    if built_in:
        raise ConfError(f"{where}: rules {built_in} have the names of rules that columns bring")
    optional = [name for name in dataset.key if not dataset.column(name).required]
    if optional:
        raise ConfError(f"{where}: key columns {optional} must be 'required: true'")
