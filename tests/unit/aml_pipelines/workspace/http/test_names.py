"""Which names and versions the workspace takes."""

from __future__ import annotations

import pytest

from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.names import asset_version


@pytest.mark.parametrize(
    "version", ["1", "2026-11.a", "a" * 64, "96496c1c-00c7-8f8b-5a6d-1829417263d0"]
)
def test_versions_of_users_and_those_the_client_makes_of_content_are_taken(version: str) -> None:
    assert asset_version(version) == version


@pytest.mark.parametrize("version", ["", "-1", "a b", "g" * 31, "a" * 63])
def test_other_versions_are_refused(version: str) -> None:
    with pytest.raises(ArmError, match="is not 1 to 30 letters"):
        asset_version(version)
