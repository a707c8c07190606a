"""What the catalog's example jobs run."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from conf.target import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

SCRIPTS = REPOSITORY / "aml_pipelines" / "catalog" / "jobs" / "src"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.csv").write_text("id\n1\n2\n")
    (tmp_path / "raw" / "b.csv").write_text("id\n3\n")
    return tmp_path / "raw"


def test_rows_are_counted_without_the_header_and_logged_as_what_the_sweep_maximizes(
    folder: Path, tmp_path: Path
) -> None:
    uri = (tmp_path / "tracking").as_uri()  # files: a database takes seconds to set up
    client = MlflowClient(uri)
    run = client.create_run(client.create_experiment("catalog")).info.run_id
    environment = {**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_RUN_ID": run}
    command = [sys.executable, str(SCRIPTS / "count_rows.py"), "--folder", str(folder)]
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert ended.stdout == "rows: 3\n"
    assert client.get_run(run).data.metrics == {"rows": 3.0}


@pytest.mark.spark
def test_lines_are_counted_for_each_file_on_spark(
    spark: SparkSession, folder: Path, tmp_path: Path
) -> None:
    count = runpy.run_path(str(SCRIPTS / "count_rows_spark.py"))["main"]
    for _ in range(2):  # the second run takes the place of the first
        count(folder=str(folder), counts=str(tmp_path / "counts"))
    rows = spark.read.parquet(str(tmp_path / "counts")).collect()
    assert {row["file"].rpartition("/")[2]: row["lines"] for row in rows} == {
        "a.csv": 3,
        "b.csv": 2,
    }
