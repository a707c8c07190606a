"""Flights judged by pandera's PySpark backend: python pandera_rules.py FOLDER OUT.

pandera says which rules some row has broken; it parts no rows. OUT gets the names of those rules.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandera.pyspark as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ANY_COLUMN = "flight"


def main(folder: str, out: str) -> None:
    spark = SparkSession.builder.appName("pandera").getOrCreate()
    rows = spark.read.parquet(f"{folder}/typed")
    rules = json.loads(Path(folder, "rules.json").read_text("utf-8"))
    checks = [_check(name, condition) for name, condition in rules.items()]
    schema = pa.DataFrameSchema({ANY_COLUMN: pa.Column(T.IntegerType(), checks=checks)})
    errors = schema.validate(rows).pandera.errors
    found = [each["check"] for each in errors["DATA"]["DATAFRAME_CHECK"]]
    Path(out).mkdir(parents=True)
    Path(out, "broken_rules.json").write_text(json.dumps(sorted(found)), "utf-8")
    spark.stop()


def _check(name: str, condition: str) -> pa.Check:
    """Return a check of any columns, which looks for a row as pandera's own checks do."""

    def holds(rows: DataFrame) -> bool:
        is_broken = ~F.coalesce(F.expr(condition), F.lit(False))  # noqa: FBT003 # a literal
        return rows.where(is_broken).limit(1).count() == 0

    return pa.Check(holds, name=name, error=name)


if __name__ == "__main__":
    main(*sys.argv[1:])
