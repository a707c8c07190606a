"""Checks what a contract says of the versions of an entity: their end, and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.columns import ENDED_BY, VALID_FROM, VALID_TO
from conf.dataset_column import ROW_KEY

if TYPE_CHECKING:
    from conf.dataset import Dataset
    from conf.document import Section


def check_versions(dataset: Dataset, document: Section) -> None:
    """Refuse deletions of what nobody can tell, and a history without a time."""
    if dataset.may_delete and dataset.key == (ROW_KEY,):
        document.refuse(
            f"{document.where_of('key')}: with 'key: row' nobody can tell which entity a row or a "
            "snapshot deletes; state a key"
        )
    if dataset.history:
        _check_history(dataset, document)


def _check_history(dataset: Dataset, document: Section) -> None:
    """Refuse a history in which nobody could tell from when on a version holds."""
    where = document.where_of("history")
    taken = sorted({VALID_FROM, VALID_TO, ENDED_BY} & {*dataset.column_names})
    if taken:
        document.refuse(f"{where}: a history has columns {taken} of its own; rename the contract's")
    if dataset.key == (ROW_KEY,):
        document.refuse(f"{where}: with 'key: row' no row is a version of another; state a key")
    if dataset.newest_by and dataset.snapshots:
        document.refuse(
            f"{where}: a snapshot has no value of 'newest_by' from which on it would hold; leave "
            "out one of 'history', 'newest_by' and 'snapshot'"
        )
    first = dataset.newest_by[:1]
    if any(column.name in first and not column.required for column in dataset.columns):
        document.refuse(
            f"{where}: versions hold from their {first[0]!r} on, which must be 'required: true'"
        )
