"""Count the lines of each file in a folder with Spark, and write the counts as Parquet."""

from __future__ import annotations

import argparse

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def main(*, folder: str, counts: str) -> None:
    spark = SparkSession.builder.appName("count_rows").getOrCreate()
    lines = spark.read.text(folder).select(F.input_file_name().alias("file"))
    by_file = lines.groupBy("file").agg(F.count(F.lit(1)).alias("lines"))
    by_file.write.mode("overwrite").parquet(counts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--counts", required=True)
    main(**vars(parser.parse_args()))
