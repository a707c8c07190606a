"""Bins of a column's values, as a training release makes them: histograms by them add up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.profile_columns import COLUMN, NUMBER, ROWS, TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

QUANTILES = 10
FREQUENT = 20
ACCURACY = 10_000  # of quantiles: their rank is off by at most 1 / ACCURACY of the rows
VALUE = "value"


@dataclass(frozen=True)
class Bins:
    """The bins of one column.

    Bin i of a NUMBER holds what is above `edges[i - 1]` and up to `edges[i]`; the last one has no
    upper end. Bin i of a TEXT holds `values[i]`, and the last one all other values.
    """

    column: str
    kind: str
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.edges) + len(self.values) + 1


def learn_bins(rows: DataFrame, kinds: Mapping[str, str]) -> list[Bins]:
    """Learn the bins of columns from the rows of a training release: one pass for each kind.

    `kinds` maps a column to NUMBER or TEXT; numbers are doubles without NaN. Numbers get
    QUANTILES bins with equally many rows, fewer where many rows share a value, and texts a bin for
    each of the FREQUENT most frequent values.
    """
    edges = _edges(rows, [name for name, kind in kinds.items() if kind == NUMBER])
    values = _frequent(rows, [name for name, kind in kinds.items() if kind == TEXT])
    return [
        Bins(name, kind, edges=edges.get(name, ()), values=values.get(name, ()))
        for name, kind in kinds.items()
    ]


def _edges(rows: DataFrame, names: Sequence[str]) -> dict[str, tuple[float, ...]]:
    if not names:
        return {}
    shares = [place / QUANTILES for place in range(QUANTILES)]
    found = rows.agg(
        *(F.percentile_approx(F.col(f"`{n}`"), shares, ACCURACY).alias(n) for n in names)
    ).collect()[0]
    return {name: _distinct_edges(found[name] or ()) for name in names}


def _distinct_edges(quantiles: Sequence[float]) -> tuple[float, ...]:
    """Return the upper ends of bins from the minimum and the inner quantiles.

    Values below all of training's have a bin of their own where the smallest is a frequent one,
    as it is of a constant: its bin would hide them.
    """
    if not quantiles:
        return ()
    least, *inner = quantiles
    edges = sorted(set(inner))
    has_ties = len(edges) < len(inner) or any(low == high for low, high in pairwise(quantiles))
    if has_ties:
        edges = sorted({math.nextafter(least, -math.inf), least, *edges})
    return tuple(edges)


def _frequent(rows: DataFrame, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not names:
        return {}
    cells = F.array(
        *(F.struct(F.lit(n).alias(COLUMN), F.col(f"`{n}`").alias(VALUE)) for n in names)
    )
    counts = (
        rows.select(F.explode(cells).alias("cell"))
        .select("cell.*")
        .where(F.col(VALUE).isNotNull())
        .groupBy(COLUMN, VALUE)
        .agg(F.count(F.lit(1)).alias(ROWS))
    )
    most_frequent = Window.partitionBy(COLUMN).orderBy(F.col(ROWS).desc(), F.col(VALUE))
    top = counts.withColumn("_place", F.row_number().over(most_frequent))
    found = top.where(F.col("_place") <= FREQUENT).orderBy(COLUMN, "_place").collect()
    return {name: tuple(row[VALUE] for row in found if row[COLUMN] == name) for name in names}
