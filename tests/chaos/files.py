"""The files of a lake, by names that two lakes have in common, and those that something names."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.store.versions import Versions
from tests.delta_logs import commits

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANGING = re.compile(
    r"\d{8}T\d{6}(_\d+)?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}"
)
# What tells of a run, however it ended.
_OF_RUNS = ("runs", "workspaceartifactstore", "mlflow")
_IN_LAKE = "azureml://datastores/lake/paths/"


def files_of(lake: Path) -> set[str]:
    return {path.relative_to(lake).as_posix() for path in lake.rglob("*") if path.is_file()}


def names_of_files(lake: Path) -> Counter[str]:
    """Count the files that are of no run, by their paths without what differs from run to run."""
    files = (file for file in files_of(lake) if not file.startswith(_OF_RUNS))
    return Counter(lasting(file) for file in files)


def lasting(path: str) -> str:
    return _CHANGING.sub("*", path)


def named_files(lake: Path) -> set[Path]:
    """Return the files that a version of a table, a receipt, a data asset or a model names."""
    named = (*_by_tables(lake), *_by_receipts(lake), *_by_assets(lake))
    return {path for path in named if path.exists()}


def _by_tables(lake: Path) -> Iterator[Path]:
    for log in lake.rglob("_delta_log"):
        for actions in commits(str(log.parent)):
            for action in (*actions.get("add", []), *actions.get("remove", [])):
                yield log.parent / action["path"]


def _by_receipts(lake: Path) -> Iterator[Path]:
    for file in lake.glob("runs/*/run.json"):
        for node in json.loads(file.read_text())["nodes"].values():
            for table in (node["receipt"] or {}).get("tables", {}).values():
                yield Path(table["uri"], "_delta_log", f"{table['version']:020}.json")


def _by_assets(lake: Path) -> Iterator[Path]:
    data, models = Versions(lake, DATA), MlflowTables(lake)
    for container in data.containers():
        for asset in data.versions(container.name, "All"):
            yield lake / str(asset.properties["dataUri"]).removeprefix(_IN_LAKE) / "MLTable"
    for container in models.containers("All"):
        for model in models.models(container.name, "All"):
            yield from Path(model.source).iterdir()
