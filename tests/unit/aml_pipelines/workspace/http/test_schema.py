"""What the published description of Azure's API makes of a request's body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.assets.kinds import KINDS
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.schema import check_body, has_field, read_only_fields
from aml_pipelines.workspace.http.schema_source import described_enum, described_model

if TYPE_CHECKING:
    from aml_pipelines.workspace.store.asset_kind import AssetKind

SCALARS = ("bool", "int", "long", "float", "str", "object", "iso-8601", "duration", "rfc-1123")
COMMAND = {"jobType": "Command", "command": "python main.py", "environmentId": "azureml:e:1"}
SPARK = {
    "jobType": "Spark",
    "codeId": "azureml:c:1",
    "entry": {"sparkJobEntryType": "SparkJobPythonEntry", "file": "main.py"},
    "conf": {"spark.driver.cores": "1"},
    "resources": {"instanceType": "standard_e4s_v3", "runtimeVersion": "3.5"},
    "outputs": {"gold": {"jobOutputType": "uri_folder", "mode": "Direct", "assetName": "gold"}},
}


def refusal(model: str, **properties: object) -> str:
    with pytest.raises(ArmError) as refused:
        check_body(model, {"properties": properties})
    assert refused.value.status == 400
    return str(refused.value)


@pytest.mark.parametrize("job", [COMMAND, SPARK, {"jobType": "Pipeline", "jobs": {"a": {"b": 1}}}])
def test_a_job_as_the_client_sends_it_is_taken(job: dict[str, object]) -> None:
    check_body("JobBase", {"properties": {**job, "displayName": None, "tags": {"a": "b"}}})


def test_an_unknown_field_is_refused_by_its_path_with_the_fields_there_are() -> None:
    inputs = {"raw": {"jobInputType": "uri_folder", "uri": "azureml:raw:1", "mod": "Direct"}}
    said = refusal("JobBase", **COMMAND, inputs=inputs)
    assert "the body.properties.inputs.raw has unknown fields ['mod']" in said
    assert "it may have ['description', 'jobInputType', 'mode', 'uri']" in said


@pytest.mark.parametrize(
    ("model", "properties", "said"),
    [
        ("JobBase", {**COMMAND, "command": 3}, "properties.command is 3; it takes a string"),
        ("JobBase", {**COMMAND, "isArchived": "no"}, "isArchived is 'no'; it takes bool"),
        ("JobBase", {**COMMAND, "tags": {"a": 1}}, "properties.tags.a is 1; it takes a string"),
        ("JobBase", {**COMMAND, "inputs": []}, "properties.inputs is []; it takes a mapping"),
        ("JobBase", {**COMMAND, "resources": {"instanceCount": True}}, "is True; it takes int"),
        ("JobBase", {"jobType": "Comand"}, "jobType is 'Comand'; it is one of ['AutoML', 'Comm"),
        ("JobBase", {"command": "x"}, "jobType is None; it is one of"),
        ("JobBase", {**SPARK, "entry": {"file": "a.py"}}, "entry.sparkJobEntryType is None"),
        (
            "JobBase",
            {**SPARK, "outputs": {"g": {"jobOutputType": "uri_folder", "mode": "Mount"}}},
            "outputs.g.mode is 'Mount'; it is one of ['Direct', 'ReadWriteMount', 'Upload']",
        ),
        (
            "Datastore",
            {
                "datastoreType": "AzureBlob",
                "credentials": {
                    "credentialsType": "AccountKey",
                    "secrets": {"secretsType": "AccountKey", "key": 12345},
                },
            },
            "credentials.secrets.key is not shown; it takes a string",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(
    model: str, properties: dict[str, object], said: str
) -> None:
    assert said in refusal(model, **properties)


@pytest.mark.parametrize(
    ("model", "properties"),
    [
        (
            "JobBase",
            {
                "jobType": "Command",
                "command": "ls",
                "environmentId": "e",
                "resources": {"locations": ["westeurope"], "dockerArgsList": ["--ipc=host"]},
                "outputs": {
                    "o": {
                        "jobOutputType": "uri_folder",
                        "autoDeleteSetting": {"condition": "created_greater_than", "value": "7d"},
                    }
                },
            },
        ),
        ("BatchEndpoint", {"authMode": "AADToken", "properties": {"flag": True}}),
        (
            "ComputeResource",
            {
                "computeType": "ComputeInstance",
                "properties": {
                    "schedules": {
                        "computeStartStop": [
                            {
                                "action": "Stop",
                                "triggerType": "Cron",
                                "cron": {"triggerType": "Cron", "expression": "0 22 * * *"},
                            }
                        ]
                    }
                },
            },
        ),
    ],
)
def test_fields_that_the_api_has_gained_are_taken(
    model: str, properties: dict[str, object]
) -> None:
    check_body(model, {"properties": properties})


def test_a_map_without_a_model_of_its_own_is_anything() -> None:
    check_body("ComponentVersion", {"properties": {"componentSpec": {"jobs": [{"a": {}}]}}})


@pytest.mark.parametrize(
    "root",
    [
        *("JobBase", "Schedule", "Datastore", "ComputeResource", "OnlineEndpoint"),
        *("OnlineDeployment", "BatchEndpoint", "BatchDeployment", "CodeVersion", "ModelVersion"),
    ],
)
def test_every_type_that_the_description_names_is_one_that_is_checked(root: str) -> None:
    seen, to_see = set(), [root]
    while to_see:
        name = to_see.pop()
        model = described_model(name)
        assert model, f"{name} is no model"
        seen.add(name)
        kinds = {re.sub(r"[\[\]{}]", "", kind) for kind in model.fields.values()}
        named = {kind for kind in kinds if kind not in SCALARS and not described_enum(kind)}
        to_see.extend(({*model.subtypes.values()} | named) - seen)
    assert len(seen) > 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_every_kind_of_asset_is_one_that_is_described_with_its_special_fields(
    kind: AssetKind,
) -> None:
    told = {name for name, value in kind.unset.items() if value is not None}
    special = {*kind.required, *told, *([kind.type] if kind.type else [])}
    assert all(has_field(kind.version, field) for field in special)
    assert has_field(kind.container, "latestVersion")
    assert "latestVersion" in read_only_fields(kind.container)


def test_a_null_is_a_missing_field_also_of_a_newer_version_of_the_api() -> None:
    check_body("DataVersionBase", {"properties": {"dataType": "mltable", "fromTomorrow": None}})


def test_fields_that_only_the_service_writes_are_told_apart() -> None:
    assert read_only_fields("EnvironmentVersion") == {"environmentType", "provisioningState"}
    assert not has_field("DataVersionBase", "provisioningState")
