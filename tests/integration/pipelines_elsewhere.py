"""Runs pipeline files that are not this project's: in a process of their own, or in the test's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.__main__ import main
from tests.tracking import EXPERIMENT, lay_tracking

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).parents[2]


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def write_target(folder: Path, **more: object) -> Path:
    """Write a target whose lake is `folder`/lake; make that lake unless it is there."""
    lake = folder / "lake"
    if not lake.exists():
        lay_tracking(lake)
    names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
    file = folder / "local.yml"
    file.write_text(json.dumps({"lake": str(lake), "workspace": names, **more}))
    return file


def command_line(*words: object) -> list[str]:
    return [sys.executable, "-m", "aml_pipelines", *map(str, words)]


def run_command(*words: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run this project's command with `words`, and wait for it; it reads `typed` as its input."""
    return subprocess.run(
        command_line(*words),
        cwd=REPOSITORY,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def write_pipeline(folder: Path, jobs: Mapping[str, object], **more: object) -> list[str]:
    """Write a pipeline of `jobs`, and a lake for it; return the words of the command to run it."""
    pipeline = {
        "type": "pipeline",
        "experiment_name": EXPERIMENT,
        "settings": {"default_compute": "serverless"},
        "jobs": jobs,
        **more,
    }
    file = folder / "pipeline.yml"
    file.write_text(json.dumps(pipeline))
    return ["run", str(file), "--target", str(write_target(folder))]


def run_pipeline(
    folder: Path, jobs: Mapping[str, object], *words: str, **more: object
) -> dict[str, Any]:
    """Run a pipeline of `jobs` in `folder`, on a lake that it has there; return its run.json."""
    main([*write_pipeline(folder, jobs, **more), *words])
    runs = sorted((folder / "lake/runs").glob("*/run.json"), key=lambda run: run.stat().st_mtime)
    record: dict[str, Any] = json.loads(runs[-1].read_text())
    return record
