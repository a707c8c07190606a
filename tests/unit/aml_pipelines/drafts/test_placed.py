"""Files of a user's are brought below the raw folder, or stay where they are in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.drafts.placed import copy, place
from aml_pipelines.pipeline.lake import FolderLake
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return [folder / name for name in names]


@pytest.mark.parametrize(
    ("names", "pattern", "paths"),
    [
        (["a.csv"], "*.csv", ["a.csv"]),
        (["a.csv.gz", "b.csv.gz"], "*.csv.gz", ["a.csv.gz", "b.csv.gz"]),
        (["2024.01.csv", "2024.02.csv"], "*.csv", ["2024.01.csv", "2024.02.csv"]),
        (["a.csv", "b.txt"], "*", ["a.csv", "b.txt"]),
        (["x/a.csv", "y/a.csv"], "*/*.csv", ["x/a.csv", "y/a.csv"]),
        (["store=1/a.csv"], "*/*.csv", ["store=1/a.csv"]),
        (["y=1/m=2/a.csv", "y=1/m=3/a.csv"], "*/*/*.csv", ["y=1/m=2/a.csv", "y=1/m=3/a.csv"]),
    ],
)
def test_a_pattern_matches_all_files_below_the_folder_that_they_have_in_common(
    tmp_path: Path, names: list[str], pattern: str, paths: list[str]
) -> None:
    placed = place(files(tmp_path / "own", *names), "raw/trips", tmp_path / "lake")
    assert placed.glob == f"raw/trips/{pattern}"
    assert list(placed.paths.values()) == [f"raw/trips/{path}" for path in paths]
    assert not placed.is_there


def test_files_that_are_in_the_lake_stay_where_they_are(tmp_path: Path) -> None:
    placed = place(files(tmp_path, "raw/old/a.csv", "raw/old/b.csv"), "raw/trips", tmp_path)
    assert (placed.glob, placed.is_there) == ("raw/old/*.csv", True)


def test_files_at_different_depths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the files lie at different depths below"):
        place(files(tmp_path, "a.csv", "x/b.csv"), "raw/trips", None)


def test_a_copy_has_the_bytes_of_the_file(tmp_path: Path) -> None:
    placed = place(files(tmp_path / "own", "x/a.csv", "y/a.csv"), "raw/trips", tmp_path / "lake")
    copy(placed, FolderLake(tmp_path / "lake"))
    copied = (tmp_path / "lake" / "raw" / "trips").glob(placed.glob.removeprefix("raw/trips/"))
    assert sorted(file.read_text() for file in copied) == ["x/a.csv", "y/a.csv"]
