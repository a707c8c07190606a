"""Paths in whatever case ARM takes are those of the routes, and names keep their case."""

from __future__ import annotations

import pytest

from aml_pipelines.workspace.http.arm_paths import spelled

OURS = "/subscriptions/S/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces/W"

GROUP = "/subscriptions/S/resourceGroups/G"


@pytest.mark.parametrize(
    ("sent", "routed"),
    [
        (OURS, OURS),
        (OURS.replace("resourceGroups", "resourcegroups"), OURS),
        (OURS.replace("Microsoft.Machine", "microsoft.machine") + "/data/D", f"{OURS}/data/D"),
        (f"/history/v1.0{OURS.replace('/workspaces/', '/Workspaces/')}", f"/history/v1.0{OURS}"),
        ("/SUBSCRIPTIONS/S/resourceGroups/G", "/subscriptions/S/resourcegroups/G"),
        (
            "/subscriptions/S/resourceGroups/G/providers/Microsoft.Resources/deployments/D",
            "/subscriptions/S/resourcegroups/G/providers/Microsoft.Resources/deployments/D",
        ),
        (OURS.removesuffix("/W"), OURS.removesuffix("/W")),
        ("/storage/lake/subscriptions", "/storage/lake/subscriptions"),
        (f"/storage/a.blob.b/lake{GROUP}", f"/storage/a.blob.b/lake{GROUP}"),
    ],
)
def test_the_case_of_arms_own_words_does_not_count(sent: str, routed: str) -> None:
    assert spelled(sent) == routed
