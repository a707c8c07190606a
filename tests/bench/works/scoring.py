"""A batch scored by a tree model on Spark, against mlflow.pyfunc.spark_udf as it is documented."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pyarrow.dataset as ds

from aml_pipelines.execution.jvm.start import jvm_command
from conf.target import REPOSITORY
from environments.spark.java_home import java_home
from spark_jobs.receipt import FILE_NAME, parse_receipt
from tests.bench.lakes import run_command, run_job
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

# How far a score may be from that of the model as it was trained.
TOLERANCE = 1e-6
_ROWS, _FAR = "rows", f"scores further than {TOLERANCE:g} from the other way's"


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: all historic flights as one batch, each way from a process of its own."""
    raw, lake, made = raw_flights(size), folder / "lake", folder / "made"
    raw.link_into(lake)
    rooms = (REPOSITORY, REPOSITORY / "components", REPOSITORY / "components" / "serve")
    tracking = {"MLFLOW_TRACKING_URI": (folder / "mlruns").as_uri()}
    importable = {"PYTHONPATH": os.pathsep.join(map(str, rooms))}
    run_job("prepare_scoring", str(lake), str(made), added=tracking | importable)
    receipt = parse_receipt((made / "batch" / FILE_NAME).read_text("utf-8"))
    table = receipt.table("batch").uri
    ours, plain = folder / "ours", folder / "plain"
    _, *options = jvm_command(memory="4g", master="local[*]", java=java_home())
    variables = tracking | importable | {"PYSPARK_SUBMIT_ARGS": shlex.join(options)}
    script = REPOSITORY / "components" / "score_spark" / "score_spark.py"
    words = [f"--batch={made / 'batch'}", f"--model={made / 'model'}", "--model_name=flights_late"]
    command = [sys.executable, str(script), *words, f"--scores={ours}"]

    yield Work(
        "scoring, tree model",
        Way(
            "component score_spark",
            raw.rows,
            lambda: run_command(command, added=variables),
            lambda: {_ROWS: len(_scores(ours)), _FAR: 0},
        ),
        [
            (
                Way(
                    "mlflow.pyfunc.spark_udf",
                    raw.rows,
                    lambda: run_job(
                        "plain_udf", table, str(made / "model"), str(plain), added=tracking
                    ),
                    lambda: _outcome(_scores(plain), _scores(ours)),
                ),
                Aim("faster", 3),
            )
        ],
        note=f"Scores may differ by {TOLERANCE:g} from the other way's. The aim is one for 30 "
        "times the year.",
    )


def _outcome(scores: pd.DataFrame, ours: pd.DataFrame) -> Outcome:
    both = scores.merge(ours, on="_row_id", suffixes=("", "_of_ours"), validate="one_to_one")
    is_near = (both["score"] - both["score_of_ours"]).abs() <= TOLERANCE
    return {_ROWS: len(both), _FAR: int((~is_near).sum())}


def _scores(folder: Path) -> pd.DataFrame:
    stored = ds.dataset(folder, format="parquet")
    return stored.to_table(columns=["_row_id", "score"]).to_pandas()
