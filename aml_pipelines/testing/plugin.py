"""A plugin of pytest: fixtures for tests of code that uses an Azure ML workspace.

In a repository that has this package installed, the fixtures are there; elsewhere, name the plugin:
`pytest -p aml_pipelines.testing.plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.testing.local_workspace import DEFAULT_NAMES, LocalWorkspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.ai.ml import MLClient

    from conf.target import WorkspaceAddress


@pytest.fixture(scope="session")
def azureml_workspace_names() -> WorkspaceAddress:
    """Return the names of the workspace; override the fixture for names of your own."""
    return DEFAULT_NAMES


@pytest.fixture(scope="session")
def azureml_workspace(
    tmp_path_factory: pytest.TempPathFactory, azureml_workspace_names: WorkspaceAddress
) -> Iterator[LocalWorkspace]:
    """Serve one workspace for all tests; Azure's clients in this process find it."""
    workspace = LocalWorkspace(azureml_workspace_names, tmp_path_factory.mktemp("azureml"))
    workspace.start()
    try:
        yield workspace
    finally:
        workspace.stop()


@pytest.fixture
def empty_azureml_workspace(azureml_workspace: LocalWorkspace) -> LocalWorkspace:
    """Return the workspace as it is without what tests before have put there."""
    azureml_workspace.reset()
    return azureml_workspace


@pytest.fixture
def ml_client(azureml_workspace: LocalWorkspace) -> MLClient:
    """Return a client of the workspace."""
    return azureml_workspace.client()
