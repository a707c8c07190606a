"""The engine's floor: CSV as text, cast, one Delta write: python -m …floor RAW OUT."""

from __future__ import annotations

import sys
from pathlib import Path

from pyspark.sql import functions as F

from tests.bench.jobs.plain_session import plain_session

TYPES = {
    **dict.fromkeys(("carrier", "tailnum", "origin", "dest"), "string"),
    "time_hour": "timestamp",
}


def main(raw: str, out: str) -> None:
    spark = plain_session("floor")
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
