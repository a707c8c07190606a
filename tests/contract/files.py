"""The files that contracts hold for, found by glob: a new one is held to them at once."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from conf.yaml_lines import Loader

REPOSITORY = Path(__file__).parents[2]
PIPELINES = sorted((REPOSITORY / "aml_pipelines").glob("*.yml"))
COMPONENTS = sorted((REPOSITORY / "components").glob("*/component.yml"))
DATASETS = sorted((REPOSITORY / "conf" / "datasets").glob("*.yml"))
MODELS = sorted((REPOSITORY / "conf" / "models").glob("*.yml"))
MONITORS = sorted((REPOSITORY / "conf" / "monitors").glob("*.yml"))
TARGETS = sorted((REPOSITORY / "conf" / "targets").glob("*.yml"))
# The images of Azure ML, and the one that Azure's Spark has by itself.
IMAGES = [file.parent for file in (REPOSITORY / "environments").glob("*/environment.yml")]
ENVIRONMENTS = sorted([*IMAGES, REPOSITORY / "environments" / "spark"])
LOCK = REPOSITORY / "requirements.lock"


def files_of_git() -> list[Path]:
    """Return every file that git has: one that was not added is nobody else's."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--cached"]
    listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    files = [REPOSITORY / name for name in listed.split("\0") if name]
    return [file for file in files if file.is_file()]


def copy_repository(folder: Path) -> None:
    """Copy the files of git: what mends or adds some must not do so to the originals."""
    for file in files_of_git():
        copy = folder / file.relative_to(REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)


def read_yaml(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8") as stream:
        read: dict[str, Any] = yaml.load(stream, Loader)  # noqa: S506 # a SafeLoader
    return read


def short_name(path: Path) -> str:
    """Name a file in a test's id: a component by its folder, anything else by itself."""
    return path.parent.name if path.name == "component.yml" else path.stem


def components_of(kind: str) -> list[Path]:
    return [file for file in COMPONENTS if read_yaml(file)["type"] == kind]


def script_of(component: Path) -> Path:
    """Find the script that a component's command or entry names."""
    stated = read_yaml(component)
    is_spark = stated["type"] == "spark"
    name = str(stated["entry"]["file"] if is_spark else stated["command"].split()[1])
    return (component.parent / str(stated["code"]) / name).resolve()


def locked_versions(lock: Path = LOCK) -> dict[str, str]:
    """Map each package of a lock to its version."""
    pinned = re.findall(r"^([a-z0-9.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(pinned)
