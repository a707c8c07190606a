"""The fields that the REST front takes, against the client's own description of Azure's API."""

from __future__ import annotations

from importlib import import_module

import pytest

from aml_pipelines.workspace.http.request_body import (
    DATA_CONTAINER,
    DATA_VERSION,
    MODEL_CONTAINER,
    MODEL_VERSION,
)

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore"),  # importing the SDK warns of marshmallow and urllib3
]


def fields_of(model: str) -> set[str]:
    models = import_module("azure.ai.ml._restclient.arm_ml_service.models")
    described = getattr(models, model)({})._attr_to_rest_field  # noqa: SLF001  (generated)
    return {field._rest_name for field in described.values()}  # noqa: SLF001  (same)


@pytest.mark.parametrize(
    ("taken", "described", "only_taken", "only_described"),
    [
        (DATA_CONTAINER, "DataContainerProperties", {"provisioningState"}, set()),
        (DATA_VERSION, "MLTableData", {"stage"}, set()),
        (MODEL_CONTAINER, "ModelContainerProperties", set(), set()),
        (MODEL_VERSION, "ModelVersionProperties", set(), {"datasets"}),
    ],
)
def test_the_fields_taken_are_those_described_but_for_the_named_ones(
    taken: dict[str, str], described: str, only_taken: set[str], only_described: set[str]
) -> None:
    assert set(taken) - fields_of(described) == only_taken
    assert fields_of(described) - set(taken) == only_described
