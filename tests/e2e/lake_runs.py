"""A lake of its own, the command line on it in processes of their own, and what both then hold."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.store.versions import Versions
from tests.delta_logs import live_files

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

REPOSITORY = Path(__file__).parents[2]
SPLITS = ("train", "validation", "test")
DIABETES = [
    "--set=inputs.dataset=diabetes",
    "--set=inputs.model_name=diabetes_progression",
    *(f"--set=inputs.{split}=azureml:diabetes_{split}@latest" for split in SPLITS),
]
ALL = ("data", "training", "batch_inference")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, all that it printed, and its runs by pipeline."""

    code: int
    text: str
    runs: dict[str, Any]


@dataclass(frozen=True)
class Held:
    """What a lake holds at one moment: tables at their versions, assets, and some tables' rows."""

    versions: dict[str, int]
    assets: dict[str, list[str]]
    scores: list[dict[str, Any]]
    rejected: list[dict[str, Any]]


def make_lake(folder: Path) -> Path:
    """Make the target of a lake in `folder`; gives the lake."""
    lake = folder / "lake"
    lake.mkdir(parents=True)
    names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
    target = {"lake": str(lake), "workspace": names, "spark": {"master": "local[2]"}}
    (folder / "local.yml").write_text(json.dumps(target))  # JSON is YAML
    return lake


def command(
    verb: str, *words: str, repository: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aml_pipelines", verb, *words],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def run(lake: Path, *words: str, repository: Path = REPOSITORY) -> Ended:
    before = set(lake.glob("runs/*/run.json"))
    target = f"--target={lake.parent / 'local.yml'}"
    done = command("run", *words, target, repository=repository)
    new = set(lake.glob("runs/*/run.json")) - before
    runs = {record["pipeline"]: record for record in (json.loads(f.read_text()) for f in new)}
    return Ended(done.returncode, done.stdout + done.stderr, runs)


def held(lake: Path) -> Held:
    tables = sorted(folder.parent for folder in lake.rglob("_delta_log"))
    versions = {
        str(t.relative_to(lake)): len(list(t.glob("_delta_log/*.json"))) - 1 for t in tables
    }
    stored = Versions(lake, DATA)
    data = {
        container.name: [item.version for item in stored.versions(container.name)]
        for container in stored.containers()
    }
    return Held(
        versions=versions,
        assets=data,
        scores=rows_of(lake / "gold" / "diabetes" / "scores"),
        rejected=rows_of(lake / "gold" / "diabetes" / "rejected_scores"),
    )


def rows_of(table: Path) -> list[dict[str, Any]]:
    """Read a Delta table's newest rows by its log alone: files added and not removed."""
    return [row for file in live_files(str(table)) for row in parquet_rows(Path(file))]


def stored_rows(container: ContainerClient, table: str) -> list[dict[str, Any]]:
    """Read a Delta table's newest rows in a storage account, as `rows_of` reads a folder's."""
    files: dict[str, None] = {}
    commits = sorted(container.list_blob_names(name_starts_with=f"{table}/_delta_log/"))
    for commit in (name for name in commits if name.endswith(".json")):
        for line in container.download_blob(commit).readall().splitlines():
            action = json.loads(line)
            if "remove" in action:
                files.pop(action["remove"]["path"])
            if "add" in action:
                files[action["add"]["path"]] = None
    contents = (container.download_blob(f"{table}/{file}").readall() for file in files)
    return [row for content in contents for row in pq.read_table(io.BytesIO(content)).to_pylist()]


def parquet_rows(file: Path) -> list[dict[str, Any]]:
    """Read rows whose texts may hold any bytes, as those that came with garbage do."""
    columns: dict[str, list[Any]] = {}
    rows = pq.read_table(file)
    for field, column in zip(rows.schema, rows.columns, strict=True):
        is_text = pa.types.is_string(field.type)
        values = (column.cast(pa.binary()) if is_text else column).to_pylist()
        columns[field.name] = [v.decode(errors="replace") if is_text and v else v for v in values]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def receipt(ended: Ended, pipeline: str, node: str) -> dict[str, Any]:
    found: dict[str, Any] = ended.runs[pipeline]["nodes"][node]["receipt"]
    return found
