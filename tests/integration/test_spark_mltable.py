"""What Azure's Spark adds to PySpark, in a Spark node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.integration.pipelines_elsewhere import run_pipeline, write_files
from tests.rooms import REPOSITORY

pytestmark = pytest.mark.spark
SCRIPT = """\
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
read = spark.read.mltable(sys.argv[1])
kept = read.where("n > 1")
kept.write.option("output_format", "parquet").option("overwrite", True).mltable(sys.argv[2])
again = spark.read.mltable(sys.argv[2])
again.write.mltable(sys.argv[3])
"""
# A stand-in tells how often the server was to look for its end.
LOOKS = """\
import socketserver
socketserver.BaseServer.serve_forever = lambda self, poll_interval=0.5: print(poll_interval)
import pyspark.sql
from pyspark.accumulators import AccumulatorServer
AccumulatorServer.serve_forever(None)
"""
SIZES = {
    **{f"spark.{name}.cores": 1 for name in ("driver", "executor")},
    **{f"spark.{name}.memory": "1g" for name in ("driver", "executor")},
    "spark.executor.instances": 1,
}


@pytest.mark.slow
def test_a_spark_node_reads_and_writes_mltables(tmp_path: Path) -> None:
    header = {"read_delimited": {"delimiter": ",", "header": "all_files_same_headers"}}
    table = {"paths": [{"file": "./rows.csv"}], "transformations": [header]}
    write_files(
        tmp_path,
        {
            "table/MLTable": json.dumps(table),
            "table/rows.csv": "n,word\n1,one\n2,two\n",
            "code/keep_rows.py": SCRIPT,
        },
    )
    outputs = {name: {"type": "mltable", "mode": "direct"} for name in ("kept", "text")}
    node = {
        "type": "spark",
        "code": "code",
        "entry": {"file": "keep_rows.py"},
        "conf": SIZES,
        "inputs": {"table": {"type": "mltable", "mode": "direct", "path": "table"}},
        "outputs": outputs,
        "args": "${{inputs.table}} ${{outputs.kept}} ${{outputs.text}}",
        "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"},
    }
    record = run_pipeline(tmp_path, {"copy": node})
    made = record["nodes"]["copy"]
    assert made["status"] == "Completed", Path(made["log"]).read_text()
    kept, text = (Path(made["outputs"][name]) for name in ("kept", "text"))
    assert yaml.safe_load((kept / "MLTable").read_text()) == {
        "type": "mltable",
        "paths": [{"pattern": "./*.parquet"}],
        "transformations": ["read_parquet"],
    }
    # A part without rows has the header alone.
    lines = {line for file in text.glob("*.csv") for line in file.read_text().splitlines()}
    assert lines == {"n,word", "2,two"}


def test_a_spark_node_does_not_wait_for_the_server_of_accumulators() -> None:
    folder = REPOSITORY / "aml_pipelines" / "execution" / "azure_spark"
    done = subprocess.run(
        [sys.executable, "-c", LOOKS],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) == 0.01
