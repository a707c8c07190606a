"""The fields that the workspace takes, against the client's own description of Azure's API."""

from __future__ import annotations

from importlib import import_module

import pytest

from aml_pipelines.workspace.http.schema_source import described_model

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore"),  # importing the SDK warns of marshmallow and urllib3
]


def fields_of(model: str) -> set[str]:
    models = import_module("azure.ai.ml._restclient.arm_ml_service.models")
    described = getattr(models, model)({})._attr_to_rest_field  # noqa: SLF001 # generated
    return {field._rest_name for field in described.values()}  # noqa: SLF001 # same


@pytest.mark.parametrize(
    ("model", "only_taken", "only_described"),
    [
        ("DataContainerProperties", set(), set()),
        ("MLTableData", {"stage", "autoDeleteSetting", "intellectualProperty"}, set()),
        ("ModelContainerProperties", set(), set()),
        ("ModelVersionProperties", set(), {"datasets"}),
        ("EnvironmentContainerProperties", set(), set()),
        ("EnvironmentVersionProperties", set(), set()),
        ("ComponentVersionProperties", {"stage", "autoDeleteSetting"}, set()),
        ("CodeVersionProperties", set(), set()),
    ],
)
def test_the_fields_taken_are_those_described_but_for_the_named_ones(
    model: str, only_taken: set[str], only_described: set[str]
) -> None:
    taken = described_model(model)
    assert taken
    assert set(taken.fields) - fields_of(model) == only_taken
    assert fields_of(model) - set(taken.fields) == only_described
