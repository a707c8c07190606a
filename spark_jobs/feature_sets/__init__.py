"""Feature sets: what a module of this folder must have to build the features of its dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame


class FeatureSet(Protocol):
    """The features of a dataset with joins; with `build` alone, all rows are built each time."""

    def build(
        self, tables: Mapping[str, DataFrame], *, label: str, kept: Sequence[str]
    ) -> DataFrame:
        """Return one row for each row of the dataset: its key, its features and the columns `kept`.

        `tables` has the valid rows of the dataset, with its label, and of those related to it.
        """


@runtime_checkable
class DailyFeatureSet(FeatureSet, Protocol):
    """A feature set that looks back HISTORY_DAYS days: only days that changes reach are built.

    A row of day d may depend on rows of the days d - HISTORY_DAYS to d, and on no others. DAY is
    the feature column that holds a row's day.
    """

    HISTORY_DAYS: int
    DAY: str

    def day_of(self, valid: DataFrame) -> SparkColumn:
        """Return the day of a valid row, as DAY has it afterwards."""
