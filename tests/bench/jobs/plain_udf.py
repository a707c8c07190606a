"""A batch scored as MLflow's documentation shows it: python -m …plain_udf BATCH MODEL OUT."""

from __future__ import annotations

import sys

import mlflow
from pyspark.sql import functions as F

from tests.bench.jobs.plain_session import plain_session


def main(batch: str, model: str, out: str) -> None:
    spark = plain_session("plain_udf")
    rows = spark.read.format("delta").load(batch)
    names = mlflow.models.get_model_info(model).signature.inputs.input_names()
    predict = mlflow.pyfunc.spark_udf(spark, model, result_type="array<double>")
    predicted = rows.select("_row_id", predict(F.struct(*names)).alias("predicted"))
    scored = predicted.select("_row_id", F.col("predicted")[1].alias("score"))
    scored.write.mode("overwrite").parquet(out)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
