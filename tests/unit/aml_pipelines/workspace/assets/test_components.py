"""Components as the service answers them: what it adds, what it leaves out, what may change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.unit.aml_pipelines.workspace.rest import WORKSPACE, Client

if TYPE_CHECKING:
    from pathlib import Path

SAY = {
    "name": "say",
    "type": "command",
    "command": "echo ${{inputs.word}}",
    "environment": "azureml:AzureML-Minimal:2",
    "is_deterministic": True,
    "inputs": {
        "word": {"type": "string", "default": "azureml:cpu-cluster"},
        "table": {"type": "mltable", "mode": "ro_mount", "optional": True},
    },
    "outputs": {"made": {"type": "uri_folder", "mode": "rw_mount"}},
    "_source": "YAML.COMPONENT",
}
ANSWER = {
    "name": "say",
    "version": "3",
    "type": "command",
    "command": "echo ${{inputs.word}}",
    "environment": "azureml://registries/azureml/environments/AzureML-Minimal/versions/2",
    "is_deterministic": "True",
    "inputs": {
        "word": {"type": "string", "default": "cpu-cluster", "optional": "False"},
        "table": {"type": "mltable", "optional": "True"},
    },
    "outputs": {"made": {"type": "uri_folder"}},
    "resources": {"instance_count": "1"},
}
HASH = "5b4ff1d1-9ee3-27c7-8d38-9f5a7b6f1a2b"


class Components(Client):
    """A client that registers components."""

    def put(self, path: str, spec: object, **properties: object) -> tuple[int, dict[str, object]]:
        body = {"properties": {"componentSpec": spec, **properties}}
        response = self.send("PUT", f"/components/{path}", body)
        return response.status_code, response.get_json()

    def spec(self, path: str) -> object:
        return self.send("GET", f"/components/{path}").get_json()["properties"]["componentSpec"]


@pytest.fixture
def client(tmp_path: Path) -> Components:
    return Components(tmp_path)


def test_a_component_is_answered_as_the_service_answers_it(client: Components) -> None:
    status, made = client.put("say/versions/3", SAY, description="says it", tags={"a": "b"})

    assert status == 201
    assert client.send("GET", "/components/say/versions/3").get_json() == made
    assert made["properties"] == {
        "componentSpec": ANSWER,
        "description": None,
        "tags": {"a": "b"},
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        "autoDeleteSetting": None,
        "stage": "Development",
        "provisioningState": "Succeeded",
    }


@pytest.mark.parametrize(
    ("spec", "answered"),
    [
        (
            {
                "type": "parallel",
                "resources": {"instance_count": 2},
                "error_threshold": 10,
                "task": {"environment": "azureml:AzureML-Minimal:2"},
            },
            {
                "type": "parallel",
                "version": "1",
                "error_threshold": "10",
                "task": {
                    "environment": "azureml://registries/azureml/environments"
                    "/AzureML-Minimal/versions/2"
                },
            },
        ),
        (
            {"type": "pipeline", "jobs": {"a": {"type": "command"}}, "sourceJobId": None},
            {"type": "pipeline", "version": "1", "is_deterministic": "False"},
        ),
        (
            {"command": "ls", "resources": {"instance_count": 2}, "version": "1"},
            {"command": "ls", "version": "1", "resources": {"instance_count": "2"}},
        ),
        (
            {"type": "spark", "conf": {"spark.executor.cores": 1}, "py_files": ["a.zip"]},
            {
                "type": "spark",
                "version": "1",
                "conf": {"spark.executor.cores": "1"},
                "py_files": ["a.zip"],
            },
        ),
    ],
)
def test_each_kind_of_component_has_its_own_form(
    client: Components, spec: object, answered: object
) -> None:
    client.put("it/versions/1", spec)

    assert client.spec("it/versions/1") == answered


def test_words_of_a_version_may_change_and_its_content_may_not(client: Components) -> None:
    hashed = {"client_component_hash": "of the words too"}
    client.put("say/versions/3", SAY, properties={"client_component_hash": "1"})

    changed, _ = client.put("say/versions/3", {**SAY, "description": "louder"}, properties=hashed)
    sent_back, _ = client.put(
        "say/versions/3", client.spec("say/versions/3"), properties=hashed, isArchived=True
    )
    refused, _ = client.put("say/versions/3", {**SAY, "command": "echo"}, properties=hashed)
    other_mode = {**SAY, "outputs": {"made": {"type": "uri_folder", "mode": "upload"}}}

    assert (changed, sent_back, refused) == (200, 200, 400)
    assert client.put("say/versions/3", other_mode, properties=hashed)[0] == 400
    assert client.spec("say/versions/3") == {**ANSWER, "description": "louder"}


def test_a_pipeline_component_without_its_jobs_is_what_was_answered(client: Components) -> None:
    flow = {"type": "pipeline", "name": "flow", "jobs": {"a": {"type": "command"}}}
    client.put("flow/versions/1", flow)

    assert client.put("flow/versions/1", client.spec("flow/versions/1"))[0] == 200
    assert client.put("flow/versions/1", {**flow, "jobs": {"b": {"type": "command"}}})[0] == 400


def test_the_default_version_is_the_newest_and_has_the_labels_id(client: Components) -> None:
    client.put("say/versions/3", SAY)
    client.put("say/versions/1", SAY)
    following = client.send("GET", "/components/say").get_json()["properties"]["nextVersion"]

    default = client.send("GET", "/components/say/versions/azureml_default").get_json()
    assert default["id"] == f"{WORKSPACE}/components/say/labels/default"
    assert (default["name"], default["properties"]["componentSpec"]["version"]) == ("1", "1")
    assert re.fullmatch(r"\d{4}(-\d{2}){5}-\d{7}", following)


def test_anonymous_components_of_one_content_are_one_under_the_servers_own_id(
    client: Components,
) -> None:
    def put(**changed: object) -> str:
        status, made = client.put(f"azureml_anonymous/versions/{HASH}", {**SAY, **changed})
        assert status in (200, 201)
        return str(made["name"])

    first = put()
    renamed = put(name="shout")

    assert put(_source="YAML.JOB") == first
    assert len({HASH, first, renamed}) == 3
    assert client.spec(f"azureml_anonymous/versions/{first}") == {
        name: value for name, value in ANSWER.items() if name != "version"
    }
    # The client's own id leads to what was last registered by it.
    put(name="shout")
    asked = client.send("GET", f"/components/azureml_anonymous/versions/{HASH}").get_json()
    assert asked["name"] == renamed
