"""Check raw files by contract: the columns that a file has, and those that its folders name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.names import undeclared_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conf.dataset import Dataset
    from conf.dataset_column import Column

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # how Hive and Spark write null into a folder's name


def check_columns(
    where: str, header: Sequence[str], matched: Mapping[str, str], contract: Dataset
) -> None:
    """Check the columns of a file by the contract's policy for new and missing ones.

    `matched` maps the columns of the contract that the file has to the names that it has for them.
    """
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise SourceError(f"{where}: columns {repeated} are there twice")
    missing = [name for name in contract.raw_names if name not in matched]
    refused = [
        column.name
        for column in contract.raw_columns
        if column.name in missing
        and (column.name in contract.key or _missing_of(column, contract) == "fail")
    ]
    if refused:
        raise SourceError(
            f"{where}: columns {refused} are missing; it has {list(header)}; correct the file, or "
            f"state in conf/datasets/{contract.name}.yml the 'source' that a column has there, or "
            "'missing_columns: \"null\"'"
        )
    undeclared = undeclared_names(header, matched)
    if undeclared and contract.new_columns == "fail":
        raise SourceError(
            f"{where}: columns {undeclared} are not in the contract; declare them in "
            f"conf/datasets/{contract.name}.yml, or say 'new_columns: keep_text' there"
        )


def _missing_of(column: Column, contract: Dataset) -> str:
    return column.missing or contract.missing_columns


def folder_values(name: str) -> dict[str, str | None]:
    """Return the values that the folders of a file state: `store=1/day=2024-01-02/a.csv` has two.

    `name` is the file's path below the lake.
    """
    stated = [folder.partition("=") for folder in name.split("/")[:-1] if "=" in folder]
    return {
        unquote(column): None if value == NO_VALUE else unquote(value)
        for column, _, value in stated
    }


def with_folder_columns(
    header: Sequence[str], folders: Mapping[str, str | None], contract: Dataset
) -> tuple[str, ...]:
    """Return the columns of a file and, of those its folders name, the declared ones it lacks."""
    declared = {name for column in contract.raw_columns for name in column.names}
    return (*header, *(name for name in folders if name in declared and name not in header))
