"""Runs pipeline files that are not this project's, by its command, in the test's own process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aml_pipelines.__main__ import main
from tests.tracking import EXPERIMENT, lay_tracking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def run_pipeline(
    folder: Path, jobs: Mapping[str, object], *words: str, **more: object
) -> dict[str, Any]:
    """Run a pipeline of `jobs` in `folder`, on a lake that it has there; return its run.json."""
    lake = folder / "lake"
    if not lake.exists():
        lay_tracking(lake)
    target = {
        "lake": str(lake),
        "workspace": {"subscription_id": "s", "resource_group": "g", "name": "w"},
    }
    pipeline = {
        "type": "pipeline",
        "experiment_name": EXPERIMENT,
        "settings": {"default_compute": "serverless"},
        "jobs": jobs,
        **more,
    }
    for name, document in (("local.yml", target), ("pipeline.yml", pipeline)):
        (folder / name).write_text(json.dumps(document))
    file, local = str(folder / "pipeline.yml"), str(folder / "local.yml")
    main(["run", file, "--target", local, *words])
    runs = sorted((lake / "runs").glob("*/run.json"), key=lambda run: run.stat().st_mtime)
    record: dict[str, Any] = json.loads(runs[-1].read_text())
    return record
