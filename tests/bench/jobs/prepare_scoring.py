"""Makes a batch and a tree model to score it with: python -m …prepare_scoring LAKE OUT.

OUT gets `batch/receipt.json` of a batch of all historic flights, and the MLflow model `model`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import mlflow
import pyarrow.dataset as ds
from mlflow.models import infer_signature
from sklearn.pipeline import make_pipeline

from conf.model import load_model
from learning.estimators import build_estimator
from learning.inputs import raw_inputs
from learning.rows import features_of
from spark_jobs.receipt import FILE_NAME, Receipt, name_tables
from tests.bench.steps import batch_of_flights
from tests.delta_logs import live_files

MODEL, LABEL = "flights_late", "is_late"
CANDIDATE = "hist_gradient_boosting"
MAX_TRAINING_ROWS = 200_000


def main(lake: str, out: str) -> None:
    tables = batch_of_flights(Path(lake))
    receipt = Receipt("select_batch", "flights", "", name_tables("flights", tables))
    Path(out, "batch").mkdir(parents=True)
    Path(out, "batch", FILE_NAME).write_text(receipt.to_json(), "utf-8")
    save_model(Path(lake, "gold", "flights", "features"), Path(out, "model"))


def save_model(features: Path, folder: Path) -> None:
    """Fit and save a tree model, as train.py does, on the first rows with a label."""
    spec = load_model(MODEL)
    stored = ds.dataset(live_files(str(features)), format="parquet")
    rows = stored.filter(ds.field(LABEL).is_valid()).head(MAX_TRAINING_ROWS).to_pandas()
    candidate = next(each for each in spec.candidates if each.name == CANDIDATE)
    inputs = features_of(rows, spec)
    pipeline = make_pipeline(raw_inputs(spec), build_estimator(candidate, seed=spec.seed))
    pipeline.fit(inputs, rows[LABEL])
    mlflow.sklearn.save_model(
        pipeline,
        folder,
        signature=infer_signature(inputs, pipeline.predict_proba(inputs.head())),
        pyfunc_predict_fn="predict_proba",
        pip_requirements=[f"mlflow=={mlflow.__version__}"],
        metadata={"task": spec.task, "threshold": spec.threshold},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
