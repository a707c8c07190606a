"""The Spark session of a job as somebody writes it who has no project around it."""

from __future__ import annotations

from pyspark.sql import SparkSession


def plain_session(app: str) -> SparkSession:
    return (
        SparkSession.builder.master("local[*]")
        .appName(app)
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
