"""A batch scored as MLflow's documentation shows it: python -m …plain_udf BATCH MODEL OUT."""

from __future__ import annotations

import sys

import mlflow
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def main(batch: str, model: str, out: str) -> None:
    spark = (
        SparkSession.builder.master("local[*]")
        .appName("plain_udf")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    rows = spark.read.format("delta").load(batch)
    names = mlflow.models.get_model_info(model).signature.inputs.input_names()
    predict = mlflow.pyfunc.spark_udf(spark, model, result_type="array<double>")
    predicted = rows.select("_row_id", predict(F.struct(*names)).alias("predicted"))
    scored = predicted.select("_row_id", F.col("predicted")[1].alias("score"))
    scored.write.mode("overwrite").parquet(out)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
