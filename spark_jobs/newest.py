"""The order of rows with one key: whichever comes first wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import ARRIVAL, AS_OF, FILE_MODIFIED, ROW_HASH, ROW_ID, SOURCE_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn

    from conf.dataset import Dataset


def newest_first(contract: Dataset) -> list[SparkColumn]:
    """Return the order of rows with one key: whichever comes first wins.

    The newest row is the greatest by the contract's `newest_by`, then one whose outcome is known,
    then the one with the latest `as_of`, then the one that arrived last, then that of the file that
    was changed last, then that of the file whose name sorts last; between rows that are equal in
    all of these, the row hash decides.
    """
    known = [F.expr(contract.label.expression).isNotNull().desc()] if contract.label else []
    return [*_by_contract(contract), *known, *_by_lineage()]


def latest_first(contract: Dataset) -> list[SparkColumn]:
    """Return the order of rows with one key as they came, whether or not their outcome is known."""
    return [*_by_contract(contract), *_by_lineage()]


def together(columns: Sequence[str], *, competing: SparkColumn) -> list[SparkColumn]:
    """Return what rows with the same values have in common; one that stands apart has its own."""
    apart = F.when(~competing, F.col(ROW_ID))
    return [apart, *(F.when(competing, F.col(name)) for name in columns)]


def _by_contract(contract: Dataset) -> list[SparkColumn]:
    return [F.col(name).desc_nulls_last() for name in contract.newest_by]


def _by_lineage() -> list[SparkColumn]:
    lineage = (AS_OF, ARRIVAL, FILE_MODIFIED, SOURCE_FILE, ROW_HASH, ROW_ID)
    return [F.col(name).desc_nulls_last() for name in lineage]
