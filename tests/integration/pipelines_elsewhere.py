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


def write_pipeline(folder: Path, jobs: Mapping[str, object], **more: object) -> list[str]:
    """Write a pipeline of `jobs`, and a lake for it; return the words of the command to run it."""
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
    return ["run", str(folder / "pipeline.yml"), "--target", str(folder / "local.yml")]


def run_pipeline(
    folder: Path, jobs: Mapping[str, object], *words: str, **more: object
) -> dict[str, Any]:
    """Run a pipeline of `jobs` in `folder`, on a lake that it has there; return its run.json."""
    main([*write_pipeline(folder, jobs, **more), *words])
    runs = sorted((folder / "lake/runs").glob("*/run.json"), key=lambda run: run.stat().st_mtime)
    record: dict[str, Any] = json.loads(runs[-1].read_text())
    return record
