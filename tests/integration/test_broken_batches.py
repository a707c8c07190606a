"""A file of a batch is garbage: what exports or scores it says which table, and what helps."""

from __future__ import annotations

import runpy
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from conf.target import REPOSITORY
from spark_jobs import lake
from spark_jobs.broken_table import BrokenTableError
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.storage import write_receipt
from tests.delta_logs import live_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


@pytest.fixture
def batch(spark: SparkSession, tmp_path: Path) -> Path:
    """Return the folder of the receipt of a batch whose data are garbage of their length."""
    rows = spark.range(3).select(F.col("id").cast("string").alias("_row_id"), F.lit(0.5).alias("x"))
    table = lake.create_once(rows, f"{tmp_path}/batch", record={"step": "test"}, rows_in=3)
    for file in map(Path, live_files(table.uri)):
        file.write_bytes(b"\x00" * file.stat().st_size)
        file.with_name(f".{file.name}.crc").unlink()  # Hadoop's own, which a lake in Azure has not
    receipt = Receipt("select_batch", "trips", "", name_tables("trips", {"batch": table}))
    write_receipt(spark, f"{tmp_path}/receipt", receipt)
    return tmp_path / "receipt"


def main_of(component: str, spark: SparkSession) -> Callable[..., None]:
    """Return what a component's script does, with a session that outlives it."""
    script = runpy.run_path(str(REPOSITORY / "components" / component / f"{component}.py"))
    main: Callable[..., None] = script["main"]
    main.__globals__["spark_session"] = lambda _: nullcontext(spark)
    return main


@pytest.mark.slow
def test_a_broken_batch_is_not_exported(spark: SparkSession, batch: Path, tmp_path: Path) -> None:
    main = main_of("export_batch", spark)
    with pytest.raises(BrokenTableError, match=rf"^{tmp_path}/batch: version 0 is broken: part-"):
        main(batch=str(batch), rows=f"{tmp_path}/rows")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # MLflow's own, on import
def test_a_broken_batch_is_not_scored(spark: SparkSession, batch: Path, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="not in each environment")
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415 # same

    model, inputs = tmp_path / "model", [[0.0], [1.0]]
    mlflow.sklearn.save_model(
        LinearRegression().fit(inputs, [0.0, 1.0]),
        model,
        signature=mlflow.models.infer_signature({"x": 0.0}, [0.0]),
    )
    main = main_of("score_spark", spark)
    with pytest.raises(BrokenTableError, match=rf"^{tmp_path}/batch: version 0 is broken: part-"):
        main(
            batch=str(batch),
            model=str(model),
            model_name="diabetes_progression",
            scores=f"{tmp_path}/scores",
        )
