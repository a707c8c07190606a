"""Check raw files by contract: the columns that a file has, and those that its folders name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conf.dataset import Dataset

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # how Hive and Spark write null into a folder's name


class SourceError(ValueError):
    """Raw files are missing, cannot be read, or have other columns than their contract allows."""


def check_columns(where: str, header: Sequence[str], contract: Dataset) -> None:
    """Check the columns of a file by the contract's policy for new and missing ones."""
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise SourceError(f"{where}: columns {repeated} are there twice")
    missing = [name for name in contract.column_names if name not in header]
    undeclared = [name for name in header if name not in contract.column_names]
    key_missing = [name for name in missing if name in contract.key]
    if key_missing or (missing and contract.missing_columns == "fail"):
        raise SourceError(
            f"{where}: columns {missing} are missing; it has {list(header)}; correct the file, or "
            f"say 'missing_columns: \"null\"' in conf/datasets/{contract.name}.yml"
        )
    if undeclared and contract.new_columns == "fail":
        raise SourceError(
            f"{where}: columns {undeclared} are not in the contract; declare them in "
            f"conf/datasets/{contract.name}.yml, or say 'new_columns: keep_text' there"
        )


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
    return (
        *header,
        *(name for name in contract.column_names if name in folders and name not in header),
    )
