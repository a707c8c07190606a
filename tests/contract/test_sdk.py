"""Azure's own SDK loads and validates every YAML file that Azure ML is to be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.files import COMPONENTS, ENVIRONMENTS, PIPELINES, short_name

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]


@pytest.mark.parametrize("file", PIPELINES, ids=short_name)
def test_a_pipeline_loads_and_is_valid(file: Path) -> None:
    from azure.ai.ml import load_job  # noqa: PLC0415 # 2.8 s that only these tests need
    from azure.ai.ml.entities import PipelineJob  # noqa: PLC0415 # same

    job = load_job(file)
    assert isinstance(job, PipelineJob)
    result = job._validate()  # noqa: SLF001 # the SDK has no public way to validate offline
    assert result.passed, result.error_messages


@pytest.mark.parametrize("file", COMPONENTS, ids=short_name)
def test_a_component_loads_and_is_valid(file: Path) -> None:
    from azure.ai.ml import load_component  # noqa: PLC0415 # same
    from azure.ai.ml.entities import CommandComponent, SparkComponent  # noqa: PLC0415 # same

    component = load_component(file)
    assert isinstance(component, CommandComponent | SparkComponent)
    assert component.name == short_name(file)
    result = component._validate()  # noqa: SLF001 # same
    assert result.passed, result.error_messages


@pytest.mark.parametrize(
    "file",
    [file for folder in ENVIRONMENTS for file in folder.glob("environment.yml")],
    ids=lambda file: file.parent.name,
)
def test_an_environment_loads(file: Path) -> None:
    from azure.ai.ml import load_environment  # noqa: PLC0415 # same

    assert load_environment(file).name == file.parent.name
