"""Profile raw files in one pass over their rows: how each column is written, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.column_type import MOMENTS, NUMBERS
from conf.columns import MALFORMED
from spark_jobs.conform import WHITE_SPACE
from spark_jobs.profiling.keys import find_keys
from spark_jobs.profiling.shapes import BY_NAME, CODE, NULL_TEXTS, SHAPES
from spark_jobs.session import persisted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from spark_jobs.profiling.shapes import Shape

COLUMN, TEXT, COUNT = "column", "text", "rows"
COMMON = 50  # texts of a column that are named
QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
TIME_QUANTILES = (0.0, 0.6, 0.8, 1.0)  # where a split by time may begin
BINS = 20
# A column is of a type although a few of its values are not: those would be quarantined.
MOSTLY = 0.995


@dataclass(frozen=True)
class ColumnProfile:
    """What a column of some files holds; counts are of rows.

    `type` and `keys` are what a contract states for its shape. `present` are the rows with a value,
    of which `nulls` say by a text that there is none. `fits` has for each shape how many values are
    written so. `quantiles` are those at 0, 25, 50, 75 and 100 % of numbers, and at 0, 60, 80 and
    100 % of days. `bins` are centre and count of a histogram.
    """

    name: str
    present: int
    nulls: Mapping[str, int]
    distinct: int
    shortest: int
    longest: int
    words: float
    codes: int
    fits: Mapping[str, int]
    shape: str | None
    type: str
    keys: Mapping[str, object]
    common: Sequence[tuple[str, int]]
    mean: float | None = None
    deviation: float | None = None
    quantiles: Sequence[float | str] = ()
    bins: Sequence[tuple[float, float]] = ()

    @property
    def filled(self) -> int:
        """Return how many rows have a value."""
        return self.present - sum(self.nulls.values())


@dataclass(frozen=True)
class Profile:
    """What some files hold.

    `keys` are combinations of columns that no two rows share, `partial` the columns that only some
    of the files have.
    """

    files: int
    rows: int
    malformed: int
    duplicates: int
    columns: Sequence[ColumnProfile]
    keys: Sequence[Sequence[str]]
    partial: Sequence[str] = ()


def profile_rows(rows: DataFrame, names: Sequence[str], *, files: int, label: str = "") -> Profile:
    """Profile rows of text, as `read_as_text` returns them: `names`, then MALFORMED and others.

    A malformed row counts as one, and none of its values do. The `label` is part of no key.
    """
    # By place: two names may be one to Spark.
    places = [f"_{place}" for place, _ in enumerate(names)]
    with persisted(rows.toDF(*places, *rows.columns[len(names) :])) as placed:
        counts = placed.agg(F.count(F.lit(1)), F.count(MALFORMED)).collect()[0]
        counted, malformed = int(counts[0]), int(counts[1])
        whole = placed.where(F.col(MALFORMED).isNull()).select(*places)
        with persisted(_texts(whole)) as texts:
            columns = _column_profiles(texts, places)
        others = [c for c, name in zip(columns, names, strict=True) if name != label]
        keys = find_keys(whole, others, counted - malformed)
        return Profile(
            files=files,
            rows=counted,
            malformed=malformed,
            duplicates=counted - malformed - whole.distinct().count(),
            columns=[replace(c, name=name) for c, name in zip(columns, names, strict=True)],
            keys=[[names[n] for n, place in enumerate(places) if place in key] for key in keys],
        )


def _texts(rows: DataFrame) -> DataFrame:
    """Count each text of each column: COLUMN (its place), TEXT, COUNT."""
    cells = F.array(
        *(
            F.struct(F.lit(place).alias(COLUMN), F.btrim(name, F.lit(WHITE_SPACE)).alias(TEXT))
            for place, name in enumerate(rows.columns)
        )
    )
    listed = rows.select(F.explode(cells).alias("cell")).select("cell.*")
    present = listed.where(F.col(TEXT) != "")
    return present.groupBy(COLUMN, TEXT).agg(F.count(F.lit(1)).alias(COUNT))


def _column_profiles(texts: DataFrame, names: Sequence[str]) -> list[ColumnProfile]:
    is_null = F.lower(TEXT).isin(*NULL_TEXTS)
    value = F.when(~is_null, F.col(TEXT))
    fits = [
        F.sum(F.when(_fits(value, shape), F.col(COUNT)).otherwise(0)).alias(f"fits_{place}")
        for place, shape in enumerate(SHAPES)
    ]
    measured = texts.groupBy(COLUMN).agg(
        F.sum(COUNT).alias("present"),
        F.count(value).alias("distinct"),
        F.min(F.length(value)).alias("shortest"),
        F.max(F.length(value)).alias("longest"),
        F.avg(F.size(F.split(value, r"\s+"))).alias("words"),
        F.sum(F.when(value.rlike(CODE), F.col(COUNT)).otherwise(0)).alias("codes"),
        *fits,
    )
    by_place = {row[COLUMN]: row for row in measured.collect()}
    nulls = _nulls(texts.where(is_null))
    common = _common(texts.where(~is_null))
    found = []
    for place, name in enumerate(names):
        row = by_place.get(place)
        if row is None:
            found.append(ColumnProfile(name, 0, {}, 0, 0, 0, 0, 0, {}, None, "string", {}, ()))
            continue
        counts = {s.name: row[f"fits_{n}"] for n, s in enumerate(SHAPES) if row[f"fits_{n}"]}
        values = row["present"] - sum(nulls.get(place, {}).values())
        shape = None if row["codes"] else shape_of(counts, values)
        found.append(
            ColumnProfile(
                name=name,
                present=row["present"],
                nulls=nulls.get(place, {}),
                distinct=row["distinct"],
                shortest=row["shortest"] or 0,
                longest=row["longest"] or 0,
                words=row["words"] or 0,
                codes=row["codes"],
                fits=counts,
                shape=shape,
                type=BY_NAME[shape].type if shape else "string",
                keys=BY_NAME[shape].keys if shape else {},
                common=common.get(place, ()),
            )
        )
    return _with_figures(texts, found)


def shape_of(fits: Mapping[str, int], values: int) -> str | None:
    """Return the first shape that all values have, or that all but a few have; None without one."""
    if not values:
        return None
    whole = (s.name for s in SHAPES if fits.get(s.name, 0) == values)
    mostly = (s.name for s in SHAPES if fits.get(s.name, 0) >= MOSTLY * values)
    return next(whole, None) or next(mostly, None)


def _fits(value: SparkColumn, shape: Shape) -> SparkColumn:
    """Return whether a text is written in a shape; a day that there is not is none."""
    matches = F.coalesce(value.rlike(shape.pattern), F.lit(False))  # noqa: FBT003 # a literal
    if shape.type not in MOMENTS:
        return matches
    return F.when(matches, moment_of(value, shape).isNotNull()).otherwise(False)  # noqa: FBT003 # a literal


def moment_of(value: SparkColumn, shape: Shape) -> SparkColumn:
    if shape.format is None:
        return value.cast("timestamp")
    return F.try_to_timestamp(value, F.lit(shape.format))


def number_of(value: SparkColumn, shape: Shape) -> SparkColumn:
    thousands, mark = shape.keys.get("thousands"), shape.keys.get("decimal_mark")
    plain = F.translate(value, str(thousands), "") if thousands else value
    return (F.translate(plain, str(mark), ".") if mark else plain).cast("double")


def _nulls(texts: DataFrame) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for row in texts.orderBy(COLUMN, F.desc(COUNT), TEXT).collect():
        found.setdefault(row[COLUMN], {})[row[TEXT]] = row[COUNT]
    return found


def _common(texts: DataFrame) -> dict[int, list[tuple[str, int]]]:
    place = F.row_number().over(Window.partitionBy(COLUMN).orderBy(F.desc(COUNT), TEXT))
    common: dict[int, list[tuple[str, int]]] = {}
    first = texts.withColumn("_place", place).where(F.col("_place") <= COMMON)
    for row in first.orderBy(COLUMN, "_place").collect():
        common.setdefault(row[COLUMN], []).append((row[TEXT], row[COUNT]))
    return common


def _with_figures(texts: DataFrame, columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    """Add mean, deviation, quantiles and histogram to columns of numbers, quantiles to days."""
    shapes = {place: BY_NAME[c.shape] for place, c in enumerate(columns) if c.shape}
    numbers = {place: s for place, s in shapes.items() if s.type in NUMBERS}
    moments = {place: s for place, s in shapes.items() if s.type in MOMENTS}
    found = list(columns)
    if numbers:
        typed = _typed(texts, numbers, number_of)
        for row in typed.groupBy(COLUMN).agg(*_number_figures()).collect():
            found[row[COLUMN]] = replace(
                found[row[COLUMN]],
                mean=row["mean"],
                deviation=max(row["square"] - row["mean"] ** 2, 0.0) ** 0.5,
                quantiles=tuple(row["quantiles"]),
            )
        for place, bins in _histograms(typed, found, numbers).items():
            found[place] = replace(found[place], bins=tuple(bins))
    if moments:
        seconds = _typed(texts, moments, lambda v, shape: moment_of(v, shape).cast("double"))
        quantiles = F.percentile("_value", list(TIME_QUANTILES), F.col(COUNT))
        days = F.transform(quantiles, lambda s: F.to_date(F.timestamp_seconds(s)).cast("string"))
        for row in seconds.groupBy(COLUMN).agg(days.alias("days")).collect():
            found[row[COLUMN]] = replace(found[row[COLUMN]], quantiles=tuple(row["days"]))
    return found


def _number_figures() -> list[SparkColumn]:
    value, rows = F.col("_value"), F.col(COUNT)
    return [
        (F.sum(value * rows) / F.sum(rows)).alias("mean"),
        (F.sum(value * value * rows) / F.sum(rows)).alias("square"),
        F.percentile("_value", list(QUANTILES), F.col(COUNT)).alias("quantiles"),
    ]


def _histograms(
    typed: DataFrame, columns: Sequence[ColumnProfile], numbers: Collection[int]
) -> dict[int, list[tuple[float, float]]]:
    """Return the centre and the count of each of BINS parts of a column's range."""
    ends = {p: (columns[p].quantiles[0], columns[p].quantiles[-1]) for p in numbers}
    ranges = {p: (float(a), float(b)) for p, (a, b) in ends.items() if float(a) < float(b)}
    if not ranges:
        return {}
    part = F.coalesce(
        *(
            F.when(F.col(COLUMN) == place, (F.col("_value") - low) / (high - low))
            for place, (low, high) in ranges.items()
        )
    )
    parts = typed.select(COLUMN, COUNT, part.alias("_part")).where(F.col("_part").isNotNull())
    number = F.least(F.floor(F.col("_part") * BINS), F.lit(BINS - 1)).alias("bin")
    counted = parts.select(COLUMN, COUNT, number).groupBy(COLUMN, "bin").agg(F.sum(COUNT))
    found: dict[int, list[tuple[float, float]]] = {}
    for place, number, rows in sorted(tuple(row) for row in counted.collect()):
        low, high = ranges[place]
        centre = low + (high - low) * (number + 0.5) / BINS
        found.setdefault(place, []).append((centre, float(rows)))
    return found


def _typed(
    texts: DataFrame, shapes: Mapping[int, Shape], read: Callable[[SparkColumn, Shape], SparkColumn]
) -> DataFrame:
    value = F.coalesce(
        *(F.when(F.col(COLUMN) == place, read(F.col(TEXT), s)) for place, s in shapes.items())
    )
    of_these = texts.where(F.col(COLUMN).isin(*shapes) & ~F.lower(TEXT).isin(*NULL_TEXTS))
    return of_these.select(COLUMN, COUNT, value.alias("_value")).where(
        F.col("_value").isNotNull() & (F.abs("_value") < float("inf"))
    )
