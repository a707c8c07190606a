"""The SQL by which models are read, against MLflow's own classes of its tables."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from mlflow.entities.model_registry.model_version_stages import STAGE_DELETED_INTERNAL
from mlflow.store.db.base_sql_model import Base
from mlflow.store.model_registry.dbmodels.models import (
    SqlModelVersion,
    SqlModelVersionTag,
    SqlRegisteredModel,
    SqlRegisteredModelAlias,
    SqlRegisteredModelTag,
)
from mlflow.store.tracking.dbmodels.models import SqlExperiment
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from aml_pipelines.workspace.assets.mlflow_numbers import renumber
from aml_pipelines.workspace.assets.mlflow_setup import is_current
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from pathlib import Path

TABLES = (
    *(SqlExperiment, SqlRegisteredModel, SqlRegisteredModelTag),
    *(SqlModelVersion, SqlModelVersionTag, SqlRegisteredModelAlias),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Make a state folder with MLflow's tables as its classes have them, and a model."""
    database = StateFolder(tmp_path).mlflow_database
    database.parent.mkdir()
    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine, tables=[table.__table__ for table in TABLES])
    source = (tmp_path / "models" / "late").as_uri()
    dates = {"creation_time": 1000, "last_updated_time": 2000}
    with Session(engine) as session:
        session.add(SqlExperiment(experiment_id=1, name="flights"))
        session.add(SqlRegisteredModel(name="late", description="flights", **dates))
        session.add(SqlRegisteredModelTag(name="late", key="team", value="a"))
        for number, stage in ((1, "None"), (2, STAGE_DELETED_INTERNAL)):
            session.add(
                SqlModelVersion(
                    name="late",
                    version=number,
                    source=source,
                    description="first",
                    run_id="run",
                    current_stage=stage,
                    **dates,
                )
            )
        session.add(SqlModelVersionTag(name="late", version=1, key="rows", value="3"))
        session.commit()
    engine.dispose()
    return tmp_path


def test_what_mlflow_stores_in_its_tables_is_read_from_them(state: Path) -> None:
    tables = MlflowTables(state)
    (model,) = tables.models("late")

    assert (model.name, model.version, model.description) == ("late", "1", "first")
    assert model.path == "azureml://datastores/lake/paths/models/late"
    assert (model.tags, model.job_name) == ({"rows": "3"}, "run")
    assert (model.created_at, model.modified_at) == (1.0, 2.0)


def test_every_table_with_the_number_of_a_version_gives_it_another(state: Path) -> None:
    database = StateFolder(state).mlflow_database
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO registered_model_aliases (name, version, alias) VALUES ('late', 1, 'best')"
        )

    assert not renumber(database, "late", counted=1, wanted=2)
    assert renumber(database, "late", counted=1, wanted=5)
    (model,) = MlflowTables(state).models("late")
    assert (model.version, model.tags) == ("5", {"rows": "3"})
    with closing(sqlite3.connect(database)) as connection:
        alias = connection.execute("SELECT alias, version FROM registered_model_aliases")
        assert alias.fetchall() == [("best", 5)]


def test_a_container_has_the_tags_of_the_model_and_counts_deleted_versions(state: Path) -> None:
    (container,) = MlflowTables(state).containers()

    assert (container.name, container.description, container.tags) == (
        *("late", "flights"),
        {"team": "a"},
    )
    assert (container.latest_version, container.next_version) == ("1", "3")


def test_experiments_are_read_by_the_column_that_mlflow_has(state: Path) -> None:
    folder = StateFolder(state)
    folder.mlflow_version.write_text(version("mlflow"))

    assert is_current(folder, ["flights"])
    assert not is_current(folder, ["trips"])


# Writes more than its cache holds, so that a part is in the database before its end.
KILLED = """
import os, sqlite3, sys
writing = sqlite3.connect(sys.argv[1])
writing.execute("PRAGMA cache_size = 1")
writing.execute("UPDATE model_versions SET description = 'never'")
writing.execute("CREATE TABLE large AS SELECT zeroblob(100000) FROM model_versions")
os._exit(9)
"""


def test_what_a_killed_process_has_half_written_is_undone_by_reading(state: Path) -> None:
    database = StateFolder(state).mlflow_database
    killed = subprocess.run([sys.executable, "-c", KILLED, database], check=False)
    assert killed.returncode == 9
    assert database.with_name(f"{database.name}-journal").stat().st_size > 0
    assert [model.description for model in MlflowTables(state).models("late")] == ["first"]


def test_experiments_are_read_after_a_process_was_killed_too(state: Path) -> None:
    folder = StateFolder(state)
    folder.mlflow_version.write_text(version("mlflow"))
    subprocess.run([sys.executable, "-c", KILLED, folder.mlflow_database], check=False)
    assert is_current(folder, ["flights"])
