"""The side of each row of the features: its split, or the reason why it is in none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FEATURE_LINEAGE
from conf.dataset_learning import SPLITS
from spark_jobs.receipt import check_balance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset
    from conf.dataset_learning import Split

SPLIT = "_split"  # within this step; the three tables are its values
LABEL_UNKNOWN = "label_unknown"
OUTSIDE_PERIOD = "outside_split_period"
_BUCKETS = 1 << 30  # so many that shares are met, so few that a double is exact


class SplitError(RuntimeError):
    """A dataset states no split, or its splits are empty or share a key, group or day."""


def assign_split(features: DataFrame, contract: Dataset) -> DataFrame:
    """Add SPLIT: train, validation or test, or the reason why a row is in none of them.

    The split depends on a row's own values alone: not on row order, partitions or other rows.
    """
    if contract.split is None or contract.label is None:
        raise SplitError(
            f"dataset {contract.name!r} has no label and split to train with; state both in "
            f"conf/datasets/{contract.name}.yml"
        )
    unlabelled = F.col(contract.label.name).isNull()
    side = _time_side(contract.split) if contract.split.by == "time" else _hash_side(contract)
    return features.withColumn(SPLIT, F.when(unlabelled, F.lit(LABEL_UNKNOWN)).otherwise(side))


def rows_of_split(assigned: DataFrame, part: str) -> DataFrame:
    """Return the rows of one split without the lake's lineage: what a model may see."""
    return assigned.where(F.col(SPLIT) == part).drop(SPLIT, *FEATURE_LINEAGE)


def _hash_side(contract: Dataset) -> SparkColumn:
    split = contract.split
    unit = contract.key if split is None or split.column is None else (split.column,)
    # As text, so that a key column that is widened from int to long stays on its side.
    text = F.concat_ws(
        "\x1f", *(F.coalesce(F.col(name).cast("string"), F.lit("")) for name in unit)
    )
    place = F.pmod(F.xxhash64(text), F.lit(_BUCKETS)) / _BUCKETS
    shares = split.parts if split else {}
    train = float(str(shares["train"]))
    validation = train + float(str(shares["validation"]))
    return (
        F.when(place < train, F.lit("train"))
        .when(place < validation, F.lit("validation"))
        .otherwise(F.lit("test"))
    )


def _time_side(split: Split) -> SparkColumn:
    day = F.to_date(str(split.column))
    starts = {part: F.lit(str(split.parts[part])).cast("date") for part in SPLITS}
    return (
        F.when(day.isNull() | (day < starts["train"]), F.lit(OUTSIDE_PERIOD))
        .when(day < starts["validation"], F.lit("train"))
        .when(day < starts["test"], F.lit("validation"))
        .when(day < F.lit(str(split.end)).cast("date"), F.lit("test"))
        .otherwise(F.lit(OUTSIDE_PERIOD))
    )


def set_aside(sizes: Mapping[str, int], part: str) -> dict[str, int]:
    """Count the rows that are not in `part`, by reason or by the split that they are in."""
    reasons = {side: rows for side, rows in sorted(sizes.items()) if side not in SPLITS and rows}
    return reasons | {f"in_{p}": sizes.get(p, 0) for p in SPLITS if p != part}


def check_sizes(sizes: Mapping[str, int], contract: Dataset, *, rows_in: int) -> None:
    """Raise ReceiptError unless each row is on a side or has a reason, SplitError for no rows.

    `sizes` counts the rows of each split, and those of each reason to be in none.
    """
    check_balance(
        f"split of {contract.name!r}",
        rows_in=rows_in,
        rows_out=sum(sizes.get(part, 0) for part in SPLITS),
        set_aside={side: rows for side, rows in sizes.items() if side not in SPLITS},
    )
    empty = [part for part in SPLITS if not sizes.get(part)]
    if empty:
        raise SplitError(
            f"split of {contract.name!r}: {empty} would be empty; correct 'split' in "
            f"conf/datasets/{contract.name}.yml"
        )
