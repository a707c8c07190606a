"""Profiles of days: summaries of each column that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.profile_columns import (
    ALL,
    ALL_ROWS,
    BIN_TOTALS,
    BINS,
    COLUMN,
    DAY,
    DISTINCT,
    KIND,
    MAXIMUM,
    MINIMUM,
    NULLS,
    NUMBER,
    ROW_COUNT,
    ROWS,
    SLICE,
    SQUARES,
    TOTAL,
)
from spark_jobs.monitoring.cell_counts import counted_by_bin, in_order
from spark_jobs.monitoring.group_sums import COUNT, DIGEST, NUMBERED, SUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from spark_jobs.monitoring.bins import Bins

# Of a HyperLogLog sketch: 512 registers, a standard error of 1.04 / sqrt(512) = 4.6 % (Flajolet et
# al., 2007), and at most about 500 bytes.
REGISTERS_LOG2 = 9
SKETCH_DAY, SKETCH_NUMBER = "_sketch_day", "_sketch_number"
SUMMARY = {
    KIND: "string",
    ROWS: "long",
    NULLS: "long",
    DISTINCT: "binary",
    MINIMUM: "double",
    MAXIMUM: "double",
    TOTAL: "double",
    SQUARES: "double",
    BINS: "array<long>",
    BIN_TOTALS: "array<double>",
    DIGEST: "long",
}


def profile_days(rows: DataFrame, bins: Sequence[Bins]) -> DataFrame:
    """Return a summary of each column of `bins` on each day and slice.

    Takes DAY, SLICES (an array), IS_LATE, ROW_DIGEST, and the columns of `bins`: numbers as doubles
    without NaN, texts as texts. Returns DAY, SLICE, COLUMN and SUMMARY, with DISTINCT as a sketch
    (of the slice ALL alone, null elsewhere); the profile of all rows is that of ROW_COUNT.
    """
    by_column = counted_by_bin(rows, bins).select(
        DAY,
        SLICE,
        *(NUMBERED, ROWS, NULLS, MINIMUM, MAXIMUM, TOTAL, SQUARES, DIGEST),
        in_order(COUNT, bins).alias(BINS),
        in_order(SUM, bins).alias(BIN_TOTALS),
    )
    return _with_names(by_column.alias("by_column"), _sketches(rows, bins), bins)


def merge_profiles(profiles: DataFrame, *, by: Sequence[str]) -> DataFrame:
    """Merge profiles of the same bins into one for each `by`, SLICE and COLUMN.

    The result equals the profile of all their rows, but for the order in which doubles are added,
    and has no DIGEST. DISTINCT stays a sketch, null where one is lacking.
    """
    return profiles.groupBy(*by, SLICE, COLUMN, KIND).agg(
        F.sum(ROWS).alias(ROWS),
        F.sum(NULLS).alias(NULLS),
        F.when(F.count(DISTINCT) == F.count(F.lit(1)), F.hll_union_agg(DISTINCT)).alias(DISTINCT),
        F.min(MINIMUM).alias(MINIMUM),
        F.max(MAXIMUM).alias(MAXIMUM),
        F.sum(TOTAL).alias(TOTAL),
        F.sum(SQUARES).alias(SQUARES),
        _added(BINS).alias(BINS),
        _added(BIN_TOTALS).alias(BIN_TOTALS),
    )


def _sketches(rows: DataFrame, bins: Sequence[Bins]) -> DataFrame:
    """Return the sketch DISTINCT of each column's values on each day, by its number.

    Of hashes: sketches take no doubles. The hash of null is a number, and is left out.
    """
    values = [F.col(f"`{each.column}`") for each in bins]
    sketches = [
        F.hll_sketch_agg(F.when(value.isNotNull(), F.xxhash64(value)), REGISTERS_LOG2)
        for value in values
    ]
    wide = rows.groupBy(DAY).agg(F.array(*sketches).alias("_sketches"))
    return wide.select(
        F.col(DAY).alias(SKETCH_DAY),
        F.posexplode("_sketches").alias(SKETCH_NUMBER, DISTINCT),
    )


def _with_names(by_column: DataFrame, sketches: DataFrame, bins: Sequence[Bins]) -> DataFrame:
    """Replace numbers of columns by names and kinds, and cut their bins to those there are."""
    names = [*((each.column, each.kind, each.count) for each in bins), (ROW_COUNT, ALL_ROWS, 2)]
    column, kind, count = (
        F.element_at(F.array(*(F.lit(told) for told in facts)), F.col(NUMBERED) + 1)
        for facts in zip(*names, strict=True)
    )
    is_same = F.col(DAY).eqNullSafe(F.col(SKETCH_DAY)) & (F.col(NUMBERED) == F.col(SKETCH_NUMBER))
    joined = by_column.join(F.broadcast(sketches), on=is_same & (F.col(SLICE) == ALL), how="left")
    is_number = kind == NUMBER
    of_numbers = (TOTAL, SQUARES, BIN_TOTALS)
    told = {
        **{name: F.col(name) for name in SUMMARY if name != KIND},
        KIND: kind,
        BINS: F.slice(BINS, F.lit(1), count),
        BIN_TOTALS: F.slice(BIN_TOTALS, F.lit(1), count),
    }
    told |= {name: F.when(is_number, told[name]) for name in of_numbers}
    told[DIGEST] = F.when(kind == ALL_ROWS, F.col(DIGEST))
    return joined.select(
        DAY,
        SLICE,
        column.alias(COLUMN),
        *(told[name].cast(kind_of).alias(name) for name, kind_of in SUMMARY.items()),
    )


def _added(name: str) -> SparkColumn:
    """Add arrays place by place; null where there are none."""
    arrays = F.collect_list(name)
    rest = F.slice(arrays, 2, F.greatest(F.size(arrays), F.lit(1)))
    return F.aggregate(
        rest,
        F.try_element_at(arrays, F.lit(1)),
        lambda so_far, each: F.zip_with(so_far, each, lambda one, two: one + two),
    )
