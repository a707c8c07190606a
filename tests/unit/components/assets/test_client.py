"""A job finds its workspace in its environment, and names locations of the lake by datastore."""

from __future__ import annotations

import re

import pytest

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]


def test_outside_of_a_job_the_variables_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from assets.client import WorkspaceNotFoundError, workspace_client  # noqa: PLC0415 # the SDK

    monkeypatch.setenv("AZUREML_ARM_SUBSCRIPTION", "s")
    monkeypatch.setenv("AZUREML_ARM_RESOURCEGROUP", "")
    monkeypatch.delenv("AZUREML_ARM_WORKSPACE_NAME", raising=False)
    named = "['AZUREML_ARM_RESOURCEGROUP', 'AZUREML_ARM_WORKSPACE_NAME'] are not set"
    with pytest.raises(WorkspaceNotFoundError, match=re.escape(named)):
        workspace_client()


@pytest.mark.parametrize(
    ("location", "uri"),
    [
        ("/lake/published/run/train", "azureml://datastores/lake/paths/published/run/train"),
        ("azureml://datastores/lake/paths/a", "azureml://datastores/lake/paths/a"),
    ],
)
@pytest.mark.parametrize("lake", ["/lake", "/lake/"])
def test_a_place_in_the_lake_is_named_by_its_datastore(location: str, uri: str, lake: str) -> None:
    from assets.client import datastore_uri  # noqa: PLC0415 # same

    assert datastore_uri(location, lake=lake) == uri


@pytest.mark.parametrize("location", ["/lakeside/train", "/elsewhere/train", "/lake"])
def test_a_place_outside_of_the_lake_is_refused(location: str) -> None:
    from assets.client import datastore_uri  # noqa: PLC0415 # same

    with pytest.raises(ValueError, match=f"{location} is not below the lake /lake; give the"):
        datastore_uri(location, lake="/lake")


@pytest.mark.parametrize("lake", ["/lake", "/lake/"])
def test_what_is_registered_lies_in_the_lake_or_is_refused(lake: str) -> None:
    from assets.client import location_of  # noqa: PLC0415 # same

    registered = "azureml://subscriptions/s/workspaces/w/datastores/lake/paths/published/run/train/"
    assert location_of(registered, lake=lake) == "/lake/published/run/train/"
    with pytest.raises(ValueError, match="datastores/other/paths/a is not below the lake /lake"):
        location_of("azureml://datastores/other/paths/a", lake=lake)
