"""Lays the driver of mini-batches into a folder, beside the settings that it reads."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .settings import Settings

# Not this folder's own name: a script may have a module of that name.
PACKAGE, SETTINGS = "aml_mini_batches", "settings.json"
COMMAND = ("python", "-m", f"{PACKAGE}.driver", "--settings", SETTINGS)


def stage_driver(folder: Path, settings: Settings) -> None:
    """Copy this package into `folder`, where `COMMAND` then runs, and write its settings there."""
    shutil.copytree(
        Path(__file__).parent,
        folder / PACKAGE,
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )
    (folder / SETTINGS).write_text(json.dumps(asdict(settings)), encoding="utf-8")
