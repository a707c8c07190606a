"""Score every row of a batch on Spark's workers, with the scores of the component `score`."""

from __future__ import annotations

import mlflow
from pyspark.sql import functions as F

from conf.arguments import arguments
from conf.columns import CLASS, ROW_ID, SCORE
from conf.model import load_model
from spark_jobs.lake import read_table
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt


def main(*, batch: str, model: str, model_name: str, scores: str) -> None:
    spec = load_model(model_name)
    saved = mlflow.models.get_model_info(model)
    metadata = saved.metadata or {}
    is_classification = metadata.get("task", spec.task) == "classification"
    with spark_session("score_spark") as spark:
        rows = read_table(spark, read_receipt(spark, batch).table("batch"))
        predict = mlflow.pyfunc.spark_udf(
            spark, model, result_type="array<double>" if is_classification else "double"
        )
        inputs = [
            F.col(f"`{column.name}`").cast(column.type.name).alias(column.name)
            for column in saved.signature.inputs
        ]
        predicted = predict(F.struct(*inputs))
        score = predicted[1] if is_classification else predicted
        threshold = float(metadata.get("threshold", spec.threshold))
        above = (F.col(SCORE) > threshold).cast("int")
        rows.select(ROW_ID, score.alias(SCORE)).select(
            "*", (above if is_classification else F.lit(None).cast("int")).alias(CLASS)
        ).write.mode("overwrite").parquet(scores)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
