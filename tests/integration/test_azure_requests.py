"""What is sent to Azure, to the field, as the workspace has received and checked it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from mlflow import MlflowClient

from aml_pipelines.azure.client import credential, workspace_client
from aml_pipelines.azure.jobs import send
from aml_pipelines.azure.render import read_job, render_job
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.verbs.runs import Search, find
from aml_pipelines.verbs.schedule import load, render_schedule
from aml_pipelines.workspace.assets.kinds import CODES, COMPONENTS, ENVIRONMENTS
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.store.versions import Versions
from conf.target import REPOSITORY, Identity
from conf.target_file import load_target
from tests.integration.azure_verbs import Typed, typing_at

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]
LAKE = "abfss://lake@ours.dfs.core.windows.net"
DEV = replace(load_target("dev"), lake=LAKE, identity=Identity("managed", client_id="c1"))
PIPELINES = REPOSITORY / "aml_pipelines"
TRAIN, SERVE = (
    f"{name}:{read_job(REPOSITORY / 'environments' / name / 'environment.yml')['version']}"
    for name in ("train", "serve")
)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Send the data pipeline as dev would; gives the lake and the body that arrived."""
    lake = tmp_path_factory.mktemp("sent") / "lake"
    with typing_at(lake, None) as typed:
        typed("bootstrap")
        typed("register", "environment/train")
        client = workspace_client(load_target(str(typed.target)))
        rendered = render_job(PIPELINES / "data.yml", DEV, {"dataset": "trips"})
        send(client, rendered, name="sent")
    return lake, dict(Jobs(lake).job("sent").properties)


def component_of(lake: Path, node: dict[str, Any]) -> dict[str, Any]:
    name, version = node["componentId"].partition("/components/")[2].split("/versions/")
    spec: Any = Versions(lake, COMPONENTS).version(name, version).properties["componentSpec"]
    return dict(spec)


def uploaded(lake: Path, code_id: str) -> dict[str, bytes]:
    """Read the files of the code that a component names."""
    name, version = code_id.partition("/codes/")[2].split("/versions/")
    uri = str(Versions(lake, CODES).version(name, version).properties["codeUri"])
    container, *rest = unquote(urlsplit(uri).path).partition("/uploads/")[2].split("/") or [""]
    folder = lake / "workspaceblobstore" / "uploads"
    root = folder.joinpath(container, *rest) if container else _only_upload(folder, uri)
    return {
        str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()
    }


def _only_upload(folder: Path, uri: str) -> Path:
    parts = [part for part in unquote(urlsplit(uri).path).split("/") if part]
    (found,) = [folder / part for part in parts if (folder / part).is_dir()]
    return found.joinpath(*parts[parts.index(found.name) + 1 :])


def test_a_spark_node_is_sent_with_its_size_identity_conf_inputs_and_code(
    sent: tuple[Path, dict[str, Any]],
) -> None:
    lake, body = sent
    assert body["experimentName"] == "data"
    assert {name: value["value"] for name, value in body["inputs"].items()} == {
        "lake": LAKE,
        "dataset": "trips",
        "source": "history",
        "as_of": "arrival",
    }
    node = body["jobs"]["ingest"]
    assert node["type"] == "spark"
    assert node["resources"] == {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"}
    assert (node["identity"]["identity_type"], node["identity"]["client_id"]) == ("Managed", "c1")
    stated = read_job(REPOSITORY / "components" / "ingest" / "component.yml")
    assert {name: str(value) for name, value in node["conf"].items()} == {
        **{name: str(value) for name, value in stated["conf"].items()},
        "spark.yarn.appMasterEnv.AZURE_CLIENT_ID": "c1",
        "spark.executorEnv.AZURE_CLIENT_ID": "c1",
    }
    assert {name: value["value"] for name, value in node["inputs"].items()} == {
        name: f"${{{{parent.inputs.{name}}}}}" for name in ("lake", "dataset", "source", "as_of")
    }
    spec = component_of(lake, node)
    assert spec["args"].split() == stated["args"].split()
    code = uploaded(lake, spec["code"])
    rooms = ("spark_jobs", "conf")
    expected = {
        str(file.relative_to(REPOSITORY)): file.read_bytes()
        for room in rooms
        for file in (REPOSITORY / room).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    own = REPOSITORY / "components" / "ingest"
    for name in ("ingest.py", "component.yml"):
        expected[name] = (own / name).read_bytes()
    assert code == expected


def test_a_command_node_is_sent_with_its_environment_compute_and_identity(
    sent: tuple[Path, dict[str, Any]],
) -> None:
    lake, body = sent
    node = body["jobs"]["publish_mltable"]
    assert node["computeId"].endswith("/computes/cpu-cluster")
    assert node["environment_variables"] == {"AZURE_CLIENT_ID": "c1"}
    assert (node["identity"]["identity_type"], node["identity"]["client_id"]) == ("Managed", "c1")
    assert node["inputs"]["tables"]["value"] == "${{parent.jobs.split.outputs.receipt}}"
    assert node["outputs"]["train"]["mode"] == "Direct"
    assert node["outputs"]["train"]["uri"] == (
        "azureml://datastores/lake/paths/published/${{name}}/train"
    )
    spec = component_of(lake, node)
    assert spec["environment"].endswith(f"/environments/{TRAIN.replace(':', '/versions/')}")


@pytest.mark.slow
def test_a_schedule_is_sent_with_its_trigger_and_as_of_bound_to_it(typed: Typed) -> None:
    typed("bootstrap")
    typed("register", "environment/*")
    client = workspace_client(load_target(str(typed.target)))
    scheduled = render_schedule("batch_inference_hourly", DEV, {})
    client.schedules.begin_create_or_update(load(scheduled)).result()
    stored: Any = client.schedules.get("batch_inference_hourly")
    assert (stored.trigger.expression, stored.trigger.time_zone) == ("15 * * * *", "UTC")
    job = stored.create_job
    assert job.inputs["as_of"]._data == "${{creation_context.trigger_time}}"  # noqa: SLF001
    assert job.inputs["lake"]._data == LAKE  # noqa: SLF001 # the SDK has no public way to a value


def test_a_submission_that_broke_half_way_is_completed_by_the_same_command(typed: Typed) -> None:
    typed("bootstrap")
    typed.here.faults.plan("fail", "PUT", f"/environments/{TRAIN.replace(':', '/versions/')}")
    for _ in range(4):  # the client tries three times more
        typed.here.faults.plan("fail", "PUT", f"/environments/{SERVE.replace(':', '/versions/')}")
    told = typed("register", "environment/*", code=1)
    assert "500 InternalServerError" in told
    printed = typed("register", "environment/*")
    assert "environment serve: unchanged" in printed, "it was there: only the answer was lost"
    assert "environment train: " in printed
    assert {line.rpartition(": ")[2] for line in printed.splitlines()} <= {"created", "unchanged"}


@pytest.mark.slow
def test_a_job_whose_compute_and_environments_are_missing_is_not_submitted(typed: Typed) -> None:
    told = typed("submit", "data", "--name", "early", code=1)
    assert f"has no compute cpu-cluster, environment {TRAIN}; nothing was submitted" in told
    assert Jobs(typed.lake).find("early") is None
    printed = typed("submit", "data", "--name", "early", "--create-missing")
    assert "compute cpu-cluster: created" in printed
    assert f"environment {TRAIN}: created" in printed
    assert "early: submitted" in printed
    assert Jobs(typed.lake).job("early").state == "Queued"
    assert "early: canceled" in typed("cancel", "early")


def test_a_version_that_is_not_this_project_s_to_make_stops_a_job_before_anything_is_made(
    typed: Typed,
) -> None:
    typed.target.write_text(typed.target.read_text() + 'environments: {train: "7"}\n')
    told = typed("submit", "data", "--name", "early", "--create-missing", code=1)
    assert "has no compute cpu-cluster, environment train:7; nothing was submitted" in told
    assert "this project has no environment train:7 to make" in told
    assert Jobs(typed.lake).find("early") is None
    assert Versions(typed.lake, ENVIRONMENTS).containers() == []


def test_a_label_is_any_version_that_is_there(typed: Typed, tmp_path: Path) -> None:
    job = tmp_path / "job.yml"
    job.write_text(
        "type: command\ncommand: echo\nenvironment: azureml:train@latest\n"
        "compute: azureml:cpu-cluster\n"
    )
    typed("bootstrap")
    told = typed("submit", str(job), code=1)
    assert "has no environment train@latest; nothing was submitted" in told
    typed("register", "environment/train")
    assert "submitted" in typed("submit", str(job), "--name", "labelled")


@pytest.mark.slow
def test_a_job_that_cannot_be_watched_any_longer_goes_on_and_the_way_back_to_it_is_told(
    typed: Typed,
) -> None:
    for _ in range(4):  # the client tries three times more
        typed.here.faults.plan("drop", "GET", "/jobs/long")
    told = typed("submit", "data", "--name", "long", "--create-missing", "--wait", code=1)
    assert "watch long: target 'here' cannot be reached" in told
    assert f"the job goes on: python -m aml_pipelines status long --target {typed.target}" in told
    assert Jobs(typed.lake).job("long").state == "Queued"


@pytest.mark.slow
def test_a_log_that_cannot_be_read_is_told_in_a_line_without_its_key(typed: Typed) -> None:
    typed("submit", "data", "--name", "told", "--create-missing")
    typed.here.faults.plan("fail", "GET", "/joblogs/told")
    told = typed("logs", "told", code=1)
    assert "told: logs/azureml/executionlogs.txt cannot be read: HTTP Error 500" in told
    assert "?" not in told


def test_a_search_that_mlflow_refuses_is_told_in_a_line(tmp_path: Path) -> None:
    MlflowClient(f"sqlite:///{tmp_path}/mlflow.db").create_experiment("training")
    search = Search(("training",), "metrics.auc > 'high'", limit=1, highest="auc")
    with pytest.raises(CommandFailedError, match=r"^runs training: .*numeric"):
        find(search, f"sqlite:///{tmp_path}/mlflow.db")


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (("status", "nothing"), "job 'nothing' does not exist"),
        (("logs", "nothing"), "'nothing'"),
        (("cancel", "nothing"), "job 'nothing' does not exist"),
        (("invoke", "batch", "--input", "rows=azureml://datastores/lake/paths/x"), "trips-batch"),
        (("schedule", "data_daily", "--enable"), "data_daily"),
        (("deploy", "online"), "model 'flights_late' has no champion to deploy; train one"),
    ],
)
def test_what_is_not_there_is_named(typed: Typed, verb: tuple[str, ...], told: str) -> None:
    assert told in typed(*verb, code=1)


@pytest.mark.parametrize("environment", [{}, {"AZURE_CLIENT_SECRET": "x"}])
def test_a_browser_opens_only_when_it_is_asked_for(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    quiet = {type(item).__name__ for item in credential(interactive=False).credentials}  # type: ignore[attr-defined]
    assert "InteractiveBrowserCredential" not in quiet
    assert {"EnvironmentCredential", "ManagedIdentityCredential", "AzureCliCredential"} <= quiet
    assert type(credential(interactive=True)).__name__ == "InteractiveBrowserCredential"


def test_an_incomplete_target_is_refused_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aml_pipelines.__main__ import main  # noqa: PLC0415 # only this one types at no workspace

    for name in ("AZURE_SUBSCRIPTION_ID", "JOBS_CLIENT_ID", "JOBS_IDENTITY_ID"):
        monkeypatch.delenv(name, raising=False)
    assert main(["submit", "data", "--target", "prod"]) == 2
    told = capsys.readouterr().err
    assert "workspace.subscription_id: the variable AZURE_SUBSCRIPTION_ID is not set" in told
    assert "identity.client_id: the variable JOBS_CLIENT_ID is not set" in told
    assert "is this repository's example" in told
