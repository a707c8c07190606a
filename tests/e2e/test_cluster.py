"""The pipelines on Spark's own cluster, with the lake in Azurite: the tables of a laptop's run."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pytest

from aml_pipelines.azurite.lake import serving_lake
from tests.azurite_target import LAKE, azurite_target
from tests.e2e.lake_runs import ALL, DIABETES, command, make_lake, rows_of, run, stored_rows
from tests.rooms import copy_rooms
from tests.spark_cluster import OF_FEW_CORES, standalone_cluster

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),  # MLflow's
]
SOURCES = ("history", "batch")
TABLES = (
    "bronze/diabetes/rows",
    "silver/diabetes/valid",
    "gold/diabetes/features",
    *(f"gold/diabetes/{part}" for part in ("train", "validation", "test", "scores")),
)
# When a file was put there, and the run that scored.
OF_THE_RUN = ("_file_modified", "run_id")
A_TASK = re.compile(r"Finished task [\d.]+ in stage")


class OnBoth(NamedTuple):
    """The rows of each table, as a laptop and as the cluster made it, and tasks by worker."""

    alone: dict[str, list[dict[str, Any]]]
    on_cluster: dict[str, list[dict[str, Any]]]
    tasks: list[int]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> OnBoth:
    """Run all pipelines in each place, on raw files that workers must unpack in Python."""
    repository = copy_rooms(tmp_path_factory.mktemp("repository"))
    contract = repository / "conf" / "datasets" / "diabetes.yml"
    contract.write_text(contract.read_text().replace("*.jsonl,", "*.jsonl.zst,"))
    lake = make_lake(tmp_path_factory.mktemp("alone"))
    assert command("sample", "diabetes", f"--target={lake.parent / 'local.yml'}").returncode == 0
    packed = {f"raw/diabetes/{name}/1.jsonl.zst": _packed(lake, name) for name in SOURCES}
    for name, content in packed.items():
        (lake / name).write_bytes(content)
    ended = run(lake, *ALL, *DIABETES, repository=repository)
    assert ended.code == 0, ended.text
    alone = {table: rows_of(lake / table) for table in TABLES}
    folder = tmp_path_factory.mktemp("cluster")
    with serving_lake(LAKE, folder / "state") as served:
        for name, content in packed.items():
            served.container.upload_blob(name, content)
    with standalone_cluster(folder / "spark") as master:
        _run_all(master, folder, repository)
    with serving_lake(LAKE, folder / "state") as served:
        on_cluster = {table: stored_rows(served.container, table) for table in TABLES}
    workers = sorted((folder / "spark").glob("worker-*"))
    return OnBoth(alone, on_cluster, [_tasks(worker) for worker in workers])


def _packed(lake: Path, source: str) -> bytes:
    (file,) = (lake / "raw" / "diabetes" / source).glob("*.jsonl")
    content = file.read_bytes()
    file.unlink()
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


def _run_all(master: str, folder: Path, repository: Path) -> None:
    target = azurite_target(folder, master=master)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(
            "SPARK_SUBMIT_OPTS", f"{os.environ.get('SPARK_SUBMIT_OPTS', '')} {OF_FEW_CORES}"
        )
        patched.setenv("SPARK_LOCAL_IP", "127.0.0.1")  # where executors find the driver
        ended = command("run", *ALL, *DIABETES, f"--target={target}", repository=repository)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _tasks(worker: Path) -> int:
    logs = worker.glob("app-*/*/stderr")
    return sum(len(A_TASK.findall(log.read_text("utf-8", errors="replace"))) for log in logs)


@pytest.mark.parametrize("table", TABLES)
def test_a_cluster_makes_the_tables_of_a_laptop(both: OnBoth, table: str) -> None:
    assert told(both.on_cluster[table]) == told(both.alone[table])
    assert both.alone[table]


def test_every_worker_had_tasks(both: OnBoth) -> None:
    assert len(both.tasks) == 2
    assert min(both.tasks) > 0


def told(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as lines of JSON in their order, without what tells of the run."""
    kept = ({n: v for n, v in row.items() if n not in OF_THE_RUN} for row in rows)
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in kept)
