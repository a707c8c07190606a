"""Spark nodes of this repository share a warm JVM; those from elsewhere bring their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.execution import own_code
from tests.integration.pipelines_elsewhere import write_target

COMPONENT = """\
type: spark
name: {name}
code: .
entry: {{file: main.py}}
is_deterministic: false
conf:
  spark.driver.cores: 1
  spark.driver.memory: 1g
  spark.executor.cores: 1
  spark.executor.memory: 1g
  spark.executor.instances: 1
  spark.sql.extensions: io.delta.sql.DeltaSparkSessionExtension
  spark.sql.catalog.spark_catalog: org.apache.spark.sql.delta.catalog.DeltaCatalog
"""
WRITE = """\
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("java", spark._jvm.java.lang.ProcessHandle.current().pid())
assert spark.conf.get("spark.sql.shuffle.partitions") == "3"
spark.range(10).write.format("delta").save(sys.argv[1])
# left running on purpose: the next node must start all the same
"""
END = """\
import os, signal
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
os.kill(spark._jvm.java.lang.ProcessHandle.current().pid(), signal.SIGKILL)
spark.range(10).count()
"""
READ = """\
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("java", spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid())
assert spark.conf.get("spark.sql.shuffle.partitions") != "3"
print("rows", spark.read.format("delta").load(sys.argv[1]).count())
spark.stop()
"""
NODE = """\
    type: spark
    component: {component}
    resources: {{instance_type: standard_e4s_v3, runtime_version: "3.5"}}
"""
DATA = '    inputs: {data: "${{parent.jobs.write.outputs.rows}}"}\n'


def write_component(folder: Path, script: str, more: str) -> None:
    folder.mkdir(parents=True)
    (folder / "component.yml").write_text(COMPONENT.format(name=folder.name) + more)
    (folder / "main.py").write_text(script)


def write_pipeline(folder: Path) -> Path:
    write = "  spark.sql.shuffle.partitions: 3\noutputs: {rows: {type: uri_folder, mode: direct}}\n"
    read = "inputs: {data: {type: uri_folder, mode: direct}}\nargs: ${{inputs.data}}\n"
    write_component(folder / "components/write", WRITE, write + "args: ${{outputs.rows}}\n")
    write_component(folder / "components/read", READ, read)
    # Of another repository, and with a module that is imported before there is a session.
    extra = f"py_files: [lib/extra.py]\n{read}"
    write_component(folder / "foreign/read", f"import extra\n{READ}", extra)
    (folder / "foreign/read/lib").mkdir()
    (folder / "foreign/read/lib/extra.py").touch()
    jobs = "  write:\n" + NODE.format(component="components/write/component.yml")
    jobs += "  read:\n" + NODE.format(component="components/read/component.yml") + DATA
    jobs += "  foreign:\n" + NODE.format(component="foreign/read/component.yml") + DATA
    (folder / "pipeline.yml").write_text(f"type: pipeline\njobs:\n{jobs}")
    write_target(folder, spark={"master": "local[2]"})
    return folder / "pipeline.yml"


@pytest.mark.slow
@pytest.mark.spark
def test_nodes_share_a_jvm_but_neither_its_session_nor_its_conf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_code, "COMPONENTS", tmp_path / "components")
    file = write_pipeline(tmp_path)
    logs, java = run_fresh(tmp_path, file)
    assert "rows 10" in logs["read"]
    assert "rows 10" in logs["foreign"]
    assert java["read"] == java["write"]
    assert java["foreign"] != java["read"]
    assert not Path(f"/proc/{java['foreign']}").exists()

    # The next run has the same JVM, and its lake may be another one at the same place.
    shutil.rmtree(tmp_path / "lake")
    write_target(tmp_path, spark={"master": "local[2]"})
    logs, again = run_fresh(tmp_path, file)
    assert "rows 10" in logs["read"]
    assert again["write"] == again["read"] == java["read"]
    assert main(["jvm", "--stop"]) == 0
    assert not Path(f"/proc/{java['read']}").exists()


@pytest.mark.slow
@pytest.mark.spark
def test_a_jvm_that_ends_under_a_node_is_told_with_its_log_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(own_code, "COMPONENTS", tmp_path / "components")
    file = write_pipeline(tmp_path)
    (tmp_path / "components/write/main.py").write_text(END)
    assert main(["run", str(file), "--target", str(tmp_path / "local.yml")]) == 1
    said = capsys.readouterr()
    log = (tmp_path / "lake/runs/jvm/log.txt").resolve()
    assert (
        "node 'write' ended with exit code 1, and its JVM has ended, killed or out of memory "
        f"(see {log}); type the same command again"
    ) in said.out
    assert "Exception while sending" not in said.err


def run_fresh(folder: Path, file: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Run a pipeline; returns the log of each node, and the process of its JVM."""
    assert main(["run", str(file), "--target", str(folder / "local.yml"), "--fresh"]) == 0
    (run,) = (folder / "lake" / "runs").glob("*/run.json")
    nodes = json.loads(run.read_text())["nodes"]
    logs = {name: Path(node["log"]).read_text() for name, node in nodes.items()}
    return logs, {name: log.split("java ")[1].split()[0] for name, log in logs.items()}
