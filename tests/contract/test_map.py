"""docs/map.md is the tree: each path on it exists, and each folder that is a room is on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.files import REPOSITORY, files_of_git

TEXT = (REPOSITORY / "docs" / "map.md").read_text("utf-8")
# A path has a slash or is a file at the root; <step> and the like stand for any name.
PATHS = sorted(
    {
        path
        for path in re.findall(r"`([\w.<>*/-]+)`", TEXT)
        if "/" in path or (REPOSITORY / path).is_file()
    }
)
# Folders below these are rooms too, unless they are the folder of one step.
HOUSES = ("aml_pipelines", "aml_pipelines/workspace", "components", "spark_jobs", "tests")


def rooms() -> set[str]:
    """Return the folders of git that the page must have."""
    files = [file.relative_to(REPOSITORY) for file in files_of_git()]
    folders = {parent for file in files for parent in file.parents if parent != Path()}
    return {
        f"{folder.as_posix()}/"
        for folder in folders
        if folder.parent == Path() or folder.parent.as_posix() in HOUSES
        if not (REPOSITORY / folder / "component.yml").is_file()
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_path_on_the_map_exists(path: str) -> None:
    assert list(REPOSITORY.glob(re.sub(r"<\w+>", "*", path).rstrip("/"))) != []


def test_every_room_is_on_the_map() -> None:
    assert len(PATHS) > 60
    assert {room for room in rooms() if f"`{room}`" not in TEXT} == set()


def test_an_arrow_on_the_map_is_one_of_import_linter() -> None:
    beside = r"(?: \| aml_pipelines\.testing)?"
    layers = re.findall(rf'^  "aml_pipelines\.(\w+){beside}",$', project(), re.MULTILINE)
    (line,) = re.findall(r"^verbs ──► .*$", TEXT, re.MULTILINE)
    assert line.split(" ──► ")[: len(layers)] == layers
    assert len(layers) == 10


def project() -> str:
    return (REPOSITORY / "pyproject.toml").read_text("utf-8")
