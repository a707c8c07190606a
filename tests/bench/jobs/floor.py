"""The engine's floor: CSV as text, cast, one Delta write: python -m …floor RAW OUT."""

from __future__ import annotations

import sys
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

TYPES = {
    **dict.fromkeys(("carrier", "tailnum", "origin", "dest"), "string"),
    "time_hour": "timestamp",
}


def main(raw: str, out: str) -> None:
    spark = (
        SparkSession.builder.master("local[*]")
        .appName("floor")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    with next(Path(raw, "flights", "history").glob("*.csv")).open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    texts = spark.read.csv(
        f"{raw}/flights/history",
        header=True,
        schema=",".join(f"{name} string" for name in names),
        nullValue="NA",
    )
    flights = texts.select(
        *(F.col(name).cast(TYPES.get(name, "int")).alias(name) for name in names)
    )
    flights.write.format("delta").mode("overwrite").save(out)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
