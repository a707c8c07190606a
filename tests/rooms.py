"""The rooms of the repository that a run needs, copied for tests that change some of conf."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
ROOMS = ("aml_pipelines", "components", "conf", "environments", "spark_jobs", "requirements.lock")


def copy_rooms(folder: Path) -> Path:
    """Copy the rooms to a folder, and return it."""
    for room in ROOMS:
        source = REPOSITORY / room
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / room)
    return folder
