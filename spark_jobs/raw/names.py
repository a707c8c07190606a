"""Which of a file's names each column of a contract is read from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spark_jobs.raw.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from conf.dataset import Dataset
    from conf.dataset_column import Column

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def match_names(
    where: str, header: Sequence[str], contract: Dataset, *, paths: Collection[str] = ()
) -> dict[str, str]:
    """Map columns of a contract to the name, or the path in `paths`, that a file has for each.

    A column's names are tried in their order. Raises SourceError where several of the file's names
    are one to a contract that ignores case.
    """
    matched = {}
    for column in contract.raw_columns:
        name = _name_of(where, column, header, contract)
        if name is None:
            name = next((path for path in column.names if path in paths), None)
        if name is not None:
            matched[column.name] = name
    return matched


def nested_paths(contract: Dataset) -> list[str]:
    """Return the names that may be paths of nested fields, such as `address.city` or `tags[0]`."""
    return [
        name for column in contract.raw_columns for name in column.names if len(steps(name)) > 1
    ]


def steps(path: str) -> list[str | int]:
    """Split a path into names and places in lists; a text that is no path is one name."""
    parts = STEP.findall(path)
    written = "".join(f".{name}" if name else f"[{place}]" for name, place in parts)
    if written != f".{path}":
        return [path]
    return [name or int(place) for name, place in parts]


def _name_of(where: str, column: Column, header: Sequence[str], contract: Dataset) -> str | None:
    for name in column.names:
        if name in header:
            return name
        if not contract.ignore_case:
            continue
        alike = [other for other in header if other.casefold() == name.casefold()]
        if len(alike) > 1:
            raise SourceError(
                f"{where}: columns {alike} are one, since conf/datasets/{contract.name}.yml says "
                "'ignore_case: true'; rename one of them"
            )
        if alike:
            return alike[0]
    return None


def undeclared_names(header: Sequence[str], matched: Mapping[str, str]) -> list[str]:
    """Return the names of a file that no column is read from, be it in part."""
    read = {*matched.values(), *(steps(name)[0] for name in matched.values())}
    return [name for name in header if name not in read]
