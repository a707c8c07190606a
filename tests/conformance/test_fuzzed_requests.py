"""Every route answers every request: no 500, no hang, and JSON or XML that parses.

Requests are made by mutation of right ones. `FUZZED_REQUESTS` is how many each route gets; with
that variable they are other ones each time.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import AnyConverter

from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.background import job_service
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.endpoints.online import servers
from aml_pipelines.workspace.endpoints.online.servers import ScoringError
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import AUDIENCES, WorkspaceIdentity
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask.testing import FlaskClient
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

ASKED = int(os.environ.get("FUZZED_REQUESTS", "0"))
PATIENCE_SECONDS = 60
URI = "azureml://datastores/lake/paths/raw"
INPUT = {"jobInputType": "uri_folder", "uri": URI, "mode": "ReadOnlyMount"}
OUTPUT = {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"}
COMMAND = {
    "jobType": "Command",
    "command": "echo ${{inputs.rows}} > ${{outputs.made}}",
    "environmentId": "azureml:any:1",
    "inputs": {"rows": INPUT, "times": {"jobInputType": "literal", "value": "2"}},
    "outputs": {"made": OUTPUT},
    "limits": {"jobLimitsType": "Command", "timeout": "PT1M"},
    "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 1},
    "resources": {"instanceCount": 1},
    "tags": {"a": "b"},
}
NODE = {
    "type": "command",
    "componentId": "azureml:said:1",
    "inputs": {"rows": {"job_input_type": "literal", "value": "${{parent.inputs.rows}}"}},
}
PIPELINE = {
    "jobType": "Pipeline",
    "inputs": {"rows": INPUT},
    "settings": {"default_compute": "serverless"},
    "jobs": {"one": NODE},
}
SWEEP = {
    "jobType": "Sweep",
    "trial": {"command": "echo ${{search_space.x}}", "environmentId": "azureml:any:1"},
    "searchSpace": {"x": ["choice", [[1, 2]]]},
    "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
    "objective": {"goal": "Maximize", "primaryMetric": "auc"},
    "limits": {"jobLimitsType": "Sweep", "maxTotalTrials": 2},
}
SPARK = {
    "jobType": "Spark",
    "codeId": "azureml:code:1",
    "entry": {"sparkJobEntryType": "SparkJobPythonEntry", "file": "main.py"},
    "conf": {"spark.driver.cores": "1", "spark.driver.memory": "1g"},
    "resources": {"instanceType": "standard_e4s_v3", "runtimeVersion": "3.4"},
}
AUTOML = {
    "jobType": "AutoML",
    "taskDetails": {
        "taskType": "Classification",
        "targetColumnName": "y",
        "trainingData": {"jobInputType": "mltable", "uri": URI},
        "limitSettings": {"maxTrials": 1, "timeout": "PT1H"},
    },
}
COMPONENT = {
    "componentSpec": {
        "name": "said",
        "type": "command",
        "command": "echo",
        "environment": "azureml:any:1",
        "inputs": {"rows": {"type": "uri_folder", "optional": True}},
        "outputs": {"made": {"type": "uri_folder"}},
    }
}
SCHEDULE = {
    "action": {"actionType": "CreateJob", "jobDefinition": PIPELINE},
    "trigger": {"triggerType": "Cron", "expression": "0 4 * * *", "timeZone": "UTC"},
}
DEPLOYMENT = {
    "model": "azureml:adder:1",
    "environmentId": "azureml:any:1",
    "codeConfiguration": {"codeId": "azureml:code:1", "scoringScript": "score.py"},
    "endpointComputeType": "Managed",
    "instanceType": "Standard_DS3_v2",
}
# Properties of right bodies, by what their routes have in them; the first that fits counts.
SEEDS: Mapping[str, list[dict[str, Any]]] = {
    "/deployments/": [DEPLOYMENT],
    "ndpoints/": [{"authMode": "Key", "traffic": {"blue": 100}, "description": "shown"}],
    "/schedules/": [SCHEDULE],
    "/jobs/": [COMMAND, PIPELINE, SWEEP, SPARK, AUTOML],
    "plural": [
        {"dataType": "uri_folder", "dataUri": URI, "tags": {"a": "b"}, "isArchived": False},
        {"image": "python:3.11", "condaFile": "dependencies: [pip: [numpy]]"},
        {"codeUri": URI, "properties": {"hash_sha256": "0"}},
    ],
    "/components/": [COMPONENT],
    "/models/": [{"modelType": "custom_model", "modelUri": URI, "flavors": {}}],
    "/datastores/": [
        {
            "datastoreType": "AzureBlob",
            "accountName": "account",
            "containerName": "container",
            "credentials": {"credentialsType": "None"},
        }
    ],
    "/computes/": [{"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_D2"}}],
}
HOSTILE = st.sampled_from(
    [
        *("", " ", ".", "..", "../../x", "a/b", "/etc/passwd", "\0", "a\nb", "é", "x" * 300),
        *("azureml:", "azureml:x@latest", "azureml:x:1:2", "azureml://", f"{URI}/../../x"),
        *("azureml://jobs/x/outputs/y", "azureml://registries/r/data/d/versions/1", URI, "lake"),
        *("${{parent.inputs.rows}}", "${{", "$[[", "{{name}}", "'; DROP TABLE job; --", "%00", "%"),
        *("PT1X", "P9999999999D", "2031-13-45", "9" * 400, "-1", "1e999", "NaN", "true", "latest"),
        *("https://127.0.0.1:1/x", "file:///etc/passwd", "raw", "1", "said", "any", "code"),
    ]
)
# Few, so that what one request puts another one finds.
ORDINARY = st.sampled_from(["one", "two", "1", "said", "code"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | HOSTILE
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | HOSTILE, inner, max_size=3)
    ),
    max_leaves=6,
)
QUERY = st.dictionaries(
    st.sampled_from(
        [
            *("api-version", "$top", "$skip", "$orderBy", "listViewType", "stage", "tag", "name"),
            *("comp", "restype", "prefix", "marker", "delimiter", "maxresults", "blockid", "sig"),
            *("jobType", "scheduled", "properties", "directory", "resource", "continuation"),
        ]
    ),
    HOSTILE | st.text(max_size=5) | st.sampled_from(["list", "block", "blocklist", "container"]),
    max_size=3,
)


def served(lake: Path, patch: pytest.MonkeyPatch) -> FlaskClient:
    """Return a client of a workspace whose jobs wait for ever and whose models are not served."""

    def refuse(_: object) -> None:
        raise ScoringError("no server is started for these requests")

    patch.setattr(servers, "ScoringServer", refuse)
    lay_tracking(lake)
    (lake / "raw").mkdir()
    (lake / "raw" / "main.py").write_text("print('said')")
    identity = WorkspaceIdentity("secret")
    workspace = build_workspace(WorkspaceScope("s", "g", "w"), identity, lake)
    workspace.registries.put("one", {})
    service = job_service(workspace, master="local[1]", environment={})
    http = create_app(replace(workspace, job_service=service)).test_client()
    http.application.extensions["identity"] = identity
    return http


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with pytest.MonkeyPatch.context() as patch:
        yield served(tmp_path_factory.mktemp("lake"), patch)


def rules() -> list[Rule]:
    """Return the routes of the app but MLflow's own, which another server answers."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as lake:
        app = served(Path(lake), patch).application
    found = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/mlflow")]
    return sorted(found, key=lambda rule: (rule.rule, sorted(rule.methods or ())))


def rarely(often: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw of `seldom` once in five times: what is refused at once shows little."""
    return st.integers(0, 4).flatmap(lambda at: often if at else seldom)


@st.composite
def mutated(draw: st.DrawFn, seed: object) -> object:
    """Draw `seed` with up to three of its values replaced or left out."""
    value = copy.deepcopy(seed)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2, 3]))):
        value = draw(_changed(value))
    return value


@st.composite
def _changed(draw: st.DrawFn, value: object) -> object:
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 4)) == 0:
        return draw(ANYTHING)
    keys = sorted(value) if isinstance(value, dict) else range(len(value))
    key: Any = draw(st.sampled_from(list(keys)))
    kept: Any = value
    if draw(st.integers(0, 5)) == 0:
        del kept[key]
    else:
        kept[key] = draw(_changed(kept[key]))
    return value


def seeds_of(rule: str) -> list[object]:
    for part, seeds in SEEDS.items():
        if part in rule:
            return [{"location": "here", "properties": seed} for seed in seeds]
    return [{}]


@st.composite
def requests(draw: st.DrawFn, rule: Rule) -> dict[str, Any]:
    """Draw the path, query, headers and body of a request that `rule` may match."""
    known = {"subscription": "s", "group": "g", "workspace": "w", "account": "lake"}
    known |= {"_subscription": "s", "_group": "g"}
    known |= {"_suffix": "core.windows.net", "_s": "core.windows.net", "container": "lake"}
    names = rarely(ORDINARY, HOSTILE | st.text(min_size=1, max_size=5))
    values = {name: known.get(name) or draw(names) for name in rule.arguments}
    for name, converter in rule._converters.items():  # noqa: SLF001 # its words are told nowhere else
        if isinstance(converter, AnyConverter):
            values[name] = draw(st.sampled_from(sorted(converter.items)))
    method = draw(st.sampled_from(sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})))
    sent = {
        "path": path_of(rule, values),
        "method": method,
        "query_string": draw(rarely(st.just({}), QUERY)),
    }
    if method != "GET":
        seed = draw(st.sampled_from(seeds_of(rule.rule)))
        sent["data"] = json.dumps(draw(mutated(seed)))
        sent["content_type"] = "application/json"
    headers = st.sampled_from(["If-Match", "If-None-Match", "Range", "x-ms-blob-type"])
    latin = st.sampled_from(["*", "", '"0"', "bytes=1-", "BlockBlob", "x" * 300])
    sent["headers"] = draw(rarely(st.just({}), st.dictionaries(headers, latin, max_size=2)))
    return sent


def path_of(rule: Rule, values: Mapping[str, str]) -> str:
    built = rule.build({**values}, append_unknown=False)
    return built[1] if built else rule.rule


def sent(http: FlaskClient, request: dict[str, Any], audience: str) -> TestResponse:
    token = http.application.extensions["identity"].token(audience, time.time())
    headers = {**request["headers"], "Authorization": f"Bearer {token}"}
    return http.open(**{**request, "headers": headers})


def cry(*_: object) -> None:
    raise TimeoutError(f"a request took longer than {PATIENCE_SECONDS} s")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.rule} {sorted(rule.methods)}")
@settings(
    max_examples=ASKED or 12,
    derandomize=not ASKED,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_no_request_ends_in_a_defect(http: FlaskClient, rule: Rule, data: st.DataObject) -> None:
    request = data.draw(requests(rule))
    is_storage = rule.rule.startswith("/storage")
    signal.signal(signal.SIGALRM, cry)
    signal.alarm(PATIENCE_SECONDS)
    try:
        answer = sent(http, request, AUDIENCES[2 if is_storage else 0])
    finally:
        signal.alarm(0)
    assert answer.status_code != 500, answer.text
    if answer.mimetype == "application/json":
        answer.get_json()
    elif answer.mimetype == "application/xml" and answer.data:
        ET.fromstring(answer.data)  # noqa: S314 # ours
