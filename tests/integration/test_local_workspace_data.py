"""The data of submitted jobs: elsewhere, in datastores of one's own, of earlier jobs, named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.pipeline.addresses import place_of
from aml_pipelines.workspace.state import StateFolder
from tests.integration.workspace_jobs import run_job
from tests.integration.workspace_with_jobs import (
    WorkspaceWithJobs,
    new_lake,
    submitting,
    workspace_with_jobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sdk
WEB = "https://example.org/rows/a.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[WorkspaceWithJobs]:
    lake, theirs = new_lake(folder / "lake"), folder / "theirs"
    for file, text in ((place_of(WEB, StateFolder(lake).fetched), "web"), (theirs / "b", "b")):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    made = {"status": "Completed", "outputs": {"o": str(lake / "raw")}}
    (lake / "runs/here").mkdir(parents=True)
    (lake / "runs/here/run.json").write_text(json.dumps({"nodes": {"n": made}, "outputs": {}}))
    with workspace_with_jobs(lake, {"azureml://datastores/theirs": str(theirs)}) as served:
        yield served


@pytest.mark.slow
def test_jobs_read_fetched_files_and_read_and_write_datastores_of_ones_own(
    served: WorkspaceWithJobs, folder: Path
) -> None:
    told = submitting(
        served.env,
        f"""
from azure.ai.ml.entities import AzureBlobDatastore
ml.datastores.create_or_update(AzureBlobDatastore(
    name="mine", account_name="account", container_name="container"))
def copying(address, to):
    return load_job(write("job.yml", json.dumps(node(
        "cp ${{{{inputs.file}}}} ${{{{outputs.copy}}}}", experiment_name="flights",
        inputs={{"file": {{"type": "uri_file", "path": address}}}},
        outputs={{"copy": {{"type": "uri_file", "path": f"azureml://datastores/{{to}}"}}}}))))
statuses = [ended(submit(copying(*job))) for job in (
    ("{WEB}", "mine/paths/a/copied.csv"),
    ("azureml://datastores/mine/paths/a/copied.csv", "theirs/paths/copied.csv"),
    ("azureml://datastores/theirs/paths/b", "${{{{default_datastore}}}}/paths/b"))]
own = pipeline({{"make": node("touch ${{{{outputs.made}}}}/x", outputs={{"made": {{
    "type": "uri_folder"}}}})}}, settings={{"default_compute": "serverless",
    "default_datastore": "azureml:mine"}})
tell(statuses=statuses, default=ended(submit(own, "own")),
     lacking=refusal(submit, copying("https://example.org/b.csv", "mine/paths/b")),
     folder=refusal(submit, copying("wasbs://c@account.blob.core.windows.net/b", "none/paths/b")))
""",
    )
    assert (told["statuses"], told["default"]) == (["Completed"] * 3, "Completed")
    assert (folder / "lake/datastores/mine/a/copied.csv").read_text() == "web"
    assert (folder / "theirs/copied.csv").read_text() == "web"
    assert (folder / "lake/workspaceblobstore/b").read_text() == "b"
    lacking = str(told["lacking"])
    assert "'https://example.org/b.csv' is not on this machine" in lacking
    assert f"or put it at {place_of('https://example.org/b.csv', folder / 'lake/fetched')}" in (
        lacking
    )
    refused = str(told["folder"])
    assert "'wasbs://c@account.blob.core.windows.net/b' is not on this machine" in refused
    assert "datastore 'none' is unknown; there are ['lake', 'mine', 'workspace" in refused


@pytest.mark.slow
def test_named_outputs_are_assets_and_outputs_of_jobs_are_inputs(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
def made(**more):
    return {"made": {"type": "uri_folder", **more}}
job = pipeline({
    "bound": node("touch ${{outputs.made}}/w", outputs={"made": "${{parent.outputs.all}}"}),
    "named": node("touch ${{outputs.made}}/y", outputs=made(name="named"))},
    outputs={"all": {"type": "uri_folder", "name": "all", "version": "7"}})
status = ended(submit(job, "naming"))
single = load_job(write("job.yml", json.dumps(node(
    "ls ${{inputs.a}} ${{inputs.b}} > ${{outputs.made}}/z", experiment_name="flights",
    inputs={"a": {"type": "uri_folder", "path": "azureml:named:1"},
            "b": {"type": "uri_folder", "path": "azureml://jobs/here_n/outputs/o"}},
    outputs=made(type="custom_model", name="listed")))))
last = ended(submit(single, "last"))
model = ml.models.get("listed", "1")
again = pipeline({"named": node("echo", outputs=made(name="all", version="7"))})
tell(status=status, last=last, all=ml.data.get("all", "7").path.partition("paths/")[2],
     named=ml.data.get("named", label="latest").version, model=[model.type, model.job_name],
     again=refusal(submit, again), output=ml.jobs.get("naming").outputs["all"].name)
""",
    )
    assert "'all' version '7' is registered already" in str(told.pop("again"))
    assert told == {
        "status": "Completed",
        "last": "Completed",
        "all": "runs/naming/bound/outputs/made/",
        "named": "1",
        "model": ["custom_model", "last"],
        "output": "all",
    }


def test_mltable_and_fsspec_read_datastores_and_assets_with_the_clients_own_login(
    served: WorkspaceWithJobs, folder: Path
) -> None:
    table = folder / "lake/gold/table"
    table.mkdir()
    (table / "rows.csv").write_text("n,m\n7,8\n")
    reads = {"read_delimited": {"delimiter": ",", "header": "all_files_same_headers"}}
    content = {"paths": [{"file": "./rows.csv"}], "transformations": [reads]}
    (table / "MLTable").write_text(json.dumps(content))
    (folder / "lake/datastores/own").mkdir(parents=True)
    told = run_job(
        served.env,
        """
import mltable
from azure.ai.ml.entities import AzureBlobDatastore
from azureml.fsspec import AzureMachineLearningFileSystem
ml.datastores.create_or_update(AzureBlobDatastore(
    name="own", account_name="account", container_name="container"))
ml.data.create_or_update(Data(name="rows", version="3", type="mltable", path=f"{LAKE}/gold/table"))
workspace = (f"azureml://subscriptions/{ml.subscription_id}/resourcegroups/"
             f"{ml.resource_group_name}/workspaces/{ml.workspace_name}")
uris = (f"{workspace}/datastores/lake/paths/gold/table", "azureml:rows:3",
        f"{workspace}/data/rows/versions/3")
loaded = [mltable.load(uri).to_pandas_dataframe().to_dict("records") for uri in uris]
lake = AzureMachineLearningFileSystem(f"{workspace}/datastores/lake/paths/")
own = AzureMachineLearningFileSystem(f"{workspace}/datastores/own/paths/")
(files := __import__("pathlib").Path(__import__("tempfile").mkdtemp(), "up.txt")).write_text("up")
own.upload(str(files), "sent/", recursive=False)
tell(loaded=loaded, listed=lake.glob("gold/table/*.csv"),
     read=lake.open("gold/table/rows.csv").read().decode(), sent=own.ls("sent"),
     hidden=refusal(lake.ls, "registry"))
""",
    )
    assert told["loaded"] == [[{"n": 7, "m": 8}]] * 3
    assert told["listed"] == ["gold/table/rows.csv"]
    assert told["read"] == "n,m\n7,8\n"
    assert told["sent"] == ["sent/up.txt"]
    assert (folder / "lake/datastores/own/sent/up.txt").read_text() == "up"
    assert told["hidden"]
