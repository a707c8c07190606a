"""Where a raw row came from: its file, and its place in the order of all that has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import (
    ARRIVAL,
    AS_OF,
    FILE_MODIFIED,
    FILE_SIZE,
    FILE_URI,
    INGESTION_ID,
    ROW_ID,
    SOURCE_FILE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from spark_jobs.arrivals import Arrival

NOT_LISTED = "rows came from a file that was not listed: "
# Of more, the literal would be an expression with a part for each file.
FEW_FILES = 100


def with_lineage(
    rows: DataFrame, arrivals: Sequence[Arrival], *, as_of: str | None, arrival: int
) -> DataFrame:
    """Add where each row came from: row id, ingestion id, file below the lake, and its order."""
    arrived = (_mapped if len(arrivals) <= FEW_FILES else _joined)(rows, arrivals)
    # Unique within this read; together with the ingestion id, for ever.
    position = F.monotonically_increasing_id().cast("string")
    return arrived.select(
        F.concat_ws("-", f"_listed.{INGESTION_ID}", position).alias(ROW_ID),
        "_listed.*",
        F.lit(as_of).cast("string").alias(AS_OF),
        F.lit(arrival).cast("long").alias(ARRIVAL),
        *(name for name in rows.columns if name != FILE_URI),
    )


def _mapped(rows: DataFrame, arrivals: Sequence[Arrival]) -> DataFrame:
    """Look the arrival of a row up in a literal: no job, and the rows stay where they are."""
    by_uri = F.create_map(
        *(
            column
            for a in arrivals
            for column in (
                F.lit(a.uri),
                F.struct(
                    F.lit(a.ingestion_id).alias(INGESTION_ID),
                    F.lit(a.name).alias(SOURCE_FILE),
                    F.lit(a.size).cast("long").alias(FILE_SIZE),
                    F.lit(a.modified).cast("long").alias(FILE_MODIFIED),
                ),
            )
        )
    )
    return rows.withColumn("_listed", F.coalesce(by_uri[F.col(FILE_URI)], _not_listed()))


def _joined(rows: DataFrame, arrivals: Sequence[Arrival]) -> DataFrame:
    """Look the arrival of a row up in a table that every worker has: the rows stay there too."""
    told = [(a.uri, (a.ingestion_id, a.name, a.size, a.modified)) for a in arrivals]
    of = f"{INGESTION_ID} string, {SOURCE_FILE} string, {FILE_SIZE} long, {FILE_MODIFIED} long"
    listed = rows.sparkSession.createDataFrame(told, f"{FILE_URI} string, _found struct<{of}>")
    found = rows.join(F.broadcast(listed), on=[FILE_URI], how="left")
    return found.withColumn("_listed", F.coalesce("_found", _not_listed())).drop("_found")


def _not_listed() -> SparkColumn:
    return F.raise_error(F.concat(F.lit(NOT_LISTED), FILE_URI))
