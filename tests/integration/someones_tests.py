"""A repository of somebody else's, whose tests use the plugin of pytest."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CONFTEST = """
import pytest
from conf.target import WorkspaceAddress

@pytest.fixture(scope="session")
def azureml_workspace_names():
    return WorkspaceAddress("11111111-0000-0000-0000-000000000000", "theirs", "ours")
"""
TESTS = """
import mlflow
import pytest
from azure.ai.ml import command
from azure.ai.ml.entities import Data
from azure.core.exceptions import ResourceNotFoundError


def put(client, name):
    path = "azureml://datastores/workspaceblobstore/paths/rows"
    return client.data.create_or_update(Data(name=name, type="uri_folder", path=path))


def names(client):
    return sorted(item.name for item in client.data.list())


def test_a_client_finds_the_workspace(ml_client):
    assert ml_client.workspaces.get("ours").resource_group == "theirs"
    assert put(ml_client, "rows").version == "1"


def test_what_a_test_has_put_stays_for_the_next(ml_client):
    assert names(ml_client) == ["rows"]


def test_an_empty_workspace_has_nothing(empty_azureml_workspace, ml_client):
    assert names(ml_client) == []


def test_a_state_is_saved_and_restored(azureml_workspace):
    put(azureml_workspace.client(), "kept")
    saved = azureml_workspace.save()
    put(azureml_workspace.client(), "more")
    assert names(azureml_workspace.client()) == ["kept", "more"]
    azureml_workspace.restore(saved)
    assert names(azureml_workspace.client()) == ["kept"]


def test_a_job_runs(ml_client):
    node = command(command="echo said", environment="azureml:any:1", compute="serverless")
    job = ml_client.jobs.create_or_update(node, experiment_name="theirs")
    ml_client.jobs.stream(job.name)
    assert ml_client.jobs.get(job.name).status == "Completed"
    assert mlflow.get_run(job.name).info.status == "FINISHED"
"""


def run_their_tests(
    folder: Path, python: Path, environment: Mapping[str, str], options: Sequence[str]
) -> tuple[int, str]:
    """Write the repository into `folder`, and run its tests; return how many passed, and all said.

    The number is negative where any failed.
    """
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_theirs.py").write_text(TESTS)
    ended = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    passed = re.search(r"(\d+) passed", ended.stdout)
    number = int(passed[1]) if passed else 0
    return number if ended.returncode == 0 else -1 - number, ended.stdout + ended.stderr
