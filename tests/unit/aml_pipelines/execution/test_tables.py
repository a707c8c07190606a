"""MLTables as nodes get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from aml_pipelines.errors import NodeFailedError, RefusedError
from aml_pipelines.execution.tables import evaluated_table, staged_table

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("table/a.csv", "table/in/b.csv", "table/in/c.txt", "far/d.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def table(folder: Path, *paths: dict[str, str]) -> Path:
    """Write an MLTable with these paths; return its folder."""
    content = {"paths": list(paths), "transformations": ["read_parquet"]}
    (folder / "table/MLTable").write_text(yaml.safe_dump(content))
    return folder / "table"


def here_of(folder: Path, uri: str) -> str:
    if not uri.startswith("https://h/"):
        raise RefusedError(f"{uri!r} is not here")
    return str(folder / uri.removeprefix("https://h/"))


def evaluated(folder: Path, *paths: dict[str, str]) -> dict[str, str]:
    """Return the files that a node finds for these paths, with what they hold."""
    place = folder / "node/rows"
    evaluated_table(table(folder, *paths), place, lambda uri: here_of(folder, uri))
    files = sorted(file for file in place.rglob("*") if file.is_file())
    return {str(file.relative_to(place)): file.read_text() for file in files}


def test_an_evaluated_table_is_a_folder_of_the_files_that_its_paths_name(folder: Path) -> None:
    assert evaluated(folder, {"pattern": "./**/*.csv"}) == {
        "a.csv": "table/a.csv",
        "in/b.csv": "table/in/b.csv",
    }
    assert evaluated(folder, {"folder": "in"}) == {
        "b.csv": "table/in/b.csv",
        "c.txt": "table/in/c.txt",
    }
    assert evaluated(folder, {"file": "./a.csv"}, {"file": "https://h/far/d.csv"}) == {
        "table/a.csv": "table/a.csv",
        "far/d.csv": "far/d.csv",
    }


def test_a_table_that_names_nothing_is_not_evaluated(folder: Path) -> None:
    with pytest.raises(NodeFailedError, match="MLTable names no file"):
        evaluated(folder, {"pattern": "./*.parquet"})
    with pytest.raises(NodeFailedError, match=r"names '.*none\.csv': .*none\.csv does not exist"):
        evaluated(folder, {"file": "./none.csv"})
    with pytest.raises(NodeFailedError, match="'wasbs://c@h/x' is not here"):
        evaluated(folder, {"file": "wasbs://c@h/x"})


def test_a_table_of_addresses_is_laid_with_local_paths_beside_its_other_files(
    folder: Path,
) -> None:
    source = table(folder, {"file": "./a.csv"}, {"file": "https://h/far/d.csv"})
    staged = staged_table(source, folder / "node", lambda uri: here_of(folder, uri))
    assert staged
    assert yaml.safe_load((staged.place / "MLTable").read_text()) == {
        "paths": [{"file": f"{folder}/table/a.csv"}, {"file": f"{folder}/far/d.csv"}],
        "transformations": ["read_parquet"],
    }
    assert (staged.place / "in/b.csv").read_text() == "table/in/b.csv"
    assert staged.sources == (source, folder / "far/d.csv")


def test_a_table_of_local_paths_stays_where_it_is(folder: Path) -> None:
    source = table(folder, {"pattern": "./*.csv"}, {"folder": str(folder / "far")})
    assert staged_table(source, folder / "node", lambda uri: here_of(folder, uri)) is None
