"""A lake of an earlier version keeps its data assets, which were in a database of their own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.store.sqlite import RegistryError
from aml_pipelines.workspace.store.versions import Versions

ROOT = Path(__file__).resolve().parents[5]
# As that version wrote it: a WAL file of schema 1.
OLD = """
PRAGMA journal_mode = WAL;
PRAGMA user_version = 1;
CREATE TABLE container (
  name TEXT PRIMARY KEY, type TEXT NOT NULL, description TEXT, tags TEXT NOT NULL,
  properties TEXT NOT NULL, is_archived INTEGER NOT NULL, created_at REAL NOT NULL);
CREATE TABLE version (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL, version TEXT NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL,
  description TEXT, tags TEXT NOT NULL, properties TEXT NOT NULL, stage TEXT,
  is_anonymous INTEGER NOT NULL, is_archived INTEGER NOT NULL, referenced_uris TEXT NOT NULL,
  created_at REAL NOT NULL, modified_at REAL NOT NULL, UNIQUE (name, version));
INSERT INTO container VALUES
  ('train', 'mltable', 'trips', '{"team": "a"}', '{"p": "q"}', 0, 100.5),
  ('raw', 'uri_folder', NULL, '{}', '{}', 1, 101.5);
INSERT INTO version (name, version, type, path, description, tags, properties, stage,
  is_anonymous, is_archived, referenced_uris, created_at, modified_at) VALUES
  ('train', '10', 'mltable', 'azureml://datastores/lake/paths/ten', 'ten', '{"rows": "3"}',
   '{"crc": "7"}', 'Production', 0, 0, '["abfss://lake/gold"]', 102.5, 103.5),
  ('train', '2', 'mltable', 'azureml://datastores/lake/paths/two', NULL, '{}', '{}', NULL,
   0, 0, '[]', 104.5, 104.5),
  ('train', '3', 'mltable', 'azureml://datastores/lake/paths/three', NULL, '{}', '{}', NULL,
   0, 1, '[]', 105.5, 106.5),
  ('raw', '1', 'uri_folder', 'azureml://datastores/lake/paths/raw', NULL, '{}', '{}', NULL,
   1, 0, '[]', 107.5, 107.5);
"""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    (tmp_path / "registry").mkdir()
    with closing(sqlite3.connect(tmp_path / "registry" / "registry.db")) as old:
        old.executescript(OLD)
    return tmp_path


def test_data_assets_keep_versions_labels_flags_tags_and_times(lake: Path) -> None:
    registry, data = Registry(lake), Versions(lake, DATA)

    latest = registry.data_asset("train", label="latest")
    assert (latest.version, latest.path) == ("2", "azureml://datastores/lake/paths/two")
    ten = registry.data_asset("train", "10")
    assert (ten.type, ten.description, ten.stage) == ("mltable", "ten", "Production")
    assert (ten.tags, ten.properties) == ({"rows": "3"}, {"crc": "7"})
    assert ten.referenced_uris == ("abfss://lake/gold",)
    assert (ten.created_at, ten.modified_at) == (102.5, 103.5)
    assert [item.version for item in data.versions("train", "All")] == ["3", "2", "10"]
    assert [item.version for item in data.versions("train", "ArchivedOnly")] == ["3"]
    assert registry.data_asset("raw", "1").is_anonymous
    train = data.container("train")
    assert (train.type, train.description, train.created_at) == ("mltable", "trips", 100.5)
    assert (train.tags, train.properties) == ({"team": "a"}, {"p": "q"})
    assert train.next_version == "11"
    assert [item.name for item in data.containers()] == ["train"]
    assert [item.name for item in data.containers("ArchivedOnly")] == ["raw"]


def test_the_same_registration_as_before_is_still_the_same(lake: Path) -> None:
    uri = "azureml://datastores/lake/paths/two"
    stored, is_new = Versions(lake, DATA).put_version(
        "train", "2", {"dataType": "mltable", "dataUri": uri}
    )

    assert (is_new, stored.created_at) == (False, 104.5)


def test_the_database_is_carried_over_once_and_kept_under_another_name(lake: Path) -> None:
    data = Versions(lake, DATA)
    data.put_version(
        "train",
        "2",
        {
            "dataType": "mltable",
            "dataUri": "azureml://datastores/lake/paths/two",
            "isArchived": True,
        },
    )

    assert not (lake / "registry" / "registry.db").exists()
    assert (lake / "registry" / "registry-carried-over.db").is_file()
    assert Versions(lake, DATA).version("train", "2").is_archived
    assert len(Versions(lake, DATA).versions("train", "All")) == 3


def test_what_was_interrupted_before_the_file_got_its_other_name_is_done_again(lake: Path) -> None:
    data = Versions(lake, DATA)
    uri = "azureml://datastores/lake/paths/two"
    changed = {"dataType": "mltable", "dataUri": uri, "tags": {"after": "it"}}
    data.put_version("train", "2", changed)
    (lake / "registry" / "registry-carried-over.db").rename(lake / "registry" / "registry.db")

    assert Versions(lake, DATA).version("train", "2").properties["tags"] == {"after": "it"}
    assert [item.version for item in data.versions("train", "All")] == ["3", "2", "10"]


def test_an_old_database_that_another_process_has_open_is_carried_over_whole(lake: Path) -> None:
    with closing(sqlite3.connect(lake / "registry" / "registry.db")) as old:
        old.execute("UPDATE version SET description = 'in the log' WHERE version = '2'")
        old.commit()
        assert Registry(lake).data_asset("train", "2").description == "in the log"
        kept = lake / "registry" / "registry-carried-over.db"
        with closing(sqlite3.connect(kept)) as again:
            found = again.execute("SELECT description FROM version WHERE version = '2'").fetchone()
    assert found == ("in the log",)


def test_an_old_database_of_another_schema_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "registry.db").touch()

    with pytest.raises(RegistryError, match=r"registry\.db: has schema 0, not 1"):
        Registry(tmp_path).data_asset("train", "1")
    assert (tmp_path / "registry" / "registry.db").exists()


READ = """
import sys
from pathlib import Path
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.store.versions import Versions

data = Versions(Path(sys.argv[1]), DATA)
print(*[item.version for item in data.versions("train", "All")])
"""


def test_processes_that_open_an_old_lake_at_once_all_find_its_assets(lake: Path) -> None:
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ, str(lake)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    found = [reader.communicate(timeout=60)[0].strip() for reader in readers]

    assert found == ["3 2 10"] * 4
    assert sorted(file.name for file in (lake / "registry").glob("registry*")) == [
        "registry-carried-over.db"
    ]
