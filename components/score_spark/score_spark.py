"""Score every row of a batch on Spark's workers, with the scores of the component `score`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mlflow
from pyspark.sql import functions as F

from conf.arguments import arguments
from conf.columns import ROW_ID
from conf.model import load_model
from spark_jobs.lake import read_table
from spark_jobs.model_scores import Prediction, model_inputs, score_columns
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt
from spark_jobs.store_faults import faults_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.model import Model

PREDICTED = "predicted"  # within this step


def main(*, batch: str, model: str, model_name: str, scores: str) -> None:
    spec = load_model(model_name)
    saved = mlflow.models.get_model_info(model)
    prediction = prediction_of(saved.metadata or {}, spec)
    types = {column.name: column.type.name for column in saved.signature.inputs}
    with spark_session("score_spark") as spark:
        selected = read_receipt(spark, batch).table("batch")
        predict = mlflow.pyfunc.spark_udf(spark, model, result_type=prediction.spark_type)
        with faults_named(spark, f"{selected.uri}: score_spark cannot read it"):
            rows = read_table(spark, selected)
            predicted = rows.select(
                ROW_ID, predict(F.struct(*model_inputs(rows, types))).alias(PREDICTED)
            )
            predicted.select(ROW_ID, *score_columns(F.col(PREDICTED), prediction)).write.mode(
                "overwrite"
            ).parquet(scores)


def prediction_of(metadata: Mapping[str, Any], spec: Model) -> Prediction:
    """Return what a model says of its predictions, or conf of a model of elsewhere."""
    task = str(metadata.get("task", spec.task))
    threshold = float(metadata.get("threshold", spec.threshold))
    if "classes" not in metadata:
        return Prediction(task, threshold)
    return Prediction(task, threshold, tuple(metadata["classes"]), metadata["positive"])


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
