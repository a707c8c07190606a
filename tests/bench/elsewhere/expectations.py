"""Flights judged by spark-expectations: python expectations.py FOLDER OUT.

OUT gets the rows that broke no rule, and the others with the rules that they broke.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from spark_expectations.config.user_config import Constants
from spark_expectations.core.expectations import SparkExpectations, WrappedDataFrameWriter

PRODUCT, TABLE = "bench", "valid"
OFF = (
    Constants.se_notifications_enable_email,
    Constants.se_notifications_enable_slack,
    Constants.se_enable_query_dq_detailed_result,
    Constants.se_enable_agg_dq_detailed_result,
)


def main(folder: str, out: str) -> None:
    spark = (
        SparkSession.builder.appName("spark-expectations")
        .config("spark.sql.warehouse.dir", out)
        .getOrCreate()
    )
    rules = json.loads(Path(folder, "rules.json").read_text("utf-8"))
    writer = WrappedDataFrameWriter().mode("append").format("parquet")
    expectations = SparkExpectations(
        product_id=PRODUCT,
        rules_df=_rules(spark, rules),
        stats_table="stats",
        stats_table_writer=writer,
        target_and_error_table_writer=writer,
        stats_streaming_options={Constants.se_enable_streaming: False},
    )

    judged = expectations.with_expectations(
        TABLE, write_to_table=True, user_conf=dict.fromkeys(OFF, False)
    )
    judged(lambda: spark.read.parquet(f"{folder}/typed"))()
    spark.stop()
    Path(out, f"{TABLE}_error").rename(Path(out, "broken"))


def _rules(spark: SparkSession, rules: dict[str, str]) -> DataFrame:
    rows = [
        {
            "product_id": PRODUCT,
            "table_name": TABLE,
            "rule_type": "row_dq",
            "rule": name,
            "column_name": "",
            "expectation": expectation,
            "action_if_failed": "drop",
            "tag": "validity",
            "description": name,
            "enable_for_source_dq_validation": True,
            "enable_for_target_dq_validation": True,
            "is_active": True,
            "enable_error_drop_alert": False,
            "error_drop_threshold": 100,
            "query_dq_delimiter": "",
            "enable_querydq_custom_output": False,
            "priority": "low",
        }
        for name, expectation in rules.items()
    ]
    return spark.createDataFrame(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
