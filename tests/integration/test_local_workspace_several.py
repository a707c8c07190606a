"""Several workspaces of one server: made by clients, and each without what the others have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from mlflow.tracking import MlflowClient

from tests.integration.workspace_here import workspace_here
from tests.integration.workspace_jobs import run_job
from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from pathlib import Path

BOTH = """
from azure.ai.ml.entities import Workspace

def client(name, group="local"):
    return MLClient(DefaultAzureCredential(), ml.subscription_id, group, name)

def names(listed):
    return sorted(item.name for item in listed)
"""
MADE = (
    BOTH
    + """
made = ml.workspaces.begin_create(Workspace(
    name="other", location="westeurope", display_name="The other", tags={"a": "b"})).result()
other = client("other")
register()
seen = other.data.create_or_update(
    Data(name="theirs", type="uri_folder", path="azureml://datastores/lake/paths/gold/train"))
again = ml.workspaces.begin_create(Workspace(name="other", tags={"c": "d"})).result()
tell(
    made=[made.name, made.resource_group, made.display_name, made.tags["a"]],
    listed=[names(ml.workspaces.list()), names(other.workspaces.list(scope="subscription"))],
    again=[again.tags["a"], again.tags["c"]],
    ours=names(ml.data.list()), theirs=names(other.data.list()), path=seen.path,
    differ=ml.workspaces.get()._workspace_id != other.workspaces.get()._workspace_id,
    unknown=refusal(client("third").data.list().next),
)
"""
)
JOBS = (
    BOTH
    + """
ml.workspaces.begin_create(Workspace(name="other", location="here")).result()
other = client("other")
code = write("code/write.py", "import sys; open(sys.argv[1], 'w').write(sys.argv[2])").parent

def run_in(ml, word):
    job = pipeline({"say": node(
        "python write.py ${{outputs.text}} " + word, code=str(code),
        outputs={"text": {"type": "uri_file", "path": "azureml://datastores/lake/paths/said.txt"}})})
    name = submit_to(ml, job)
    while (status := ml.jobs.get(name).status) not in ("Completed", "Failed"):
        time.sleep(0.1)
    return name, status

def submit_to(ml, job):
    return ml.jobs.create_or_update(job).name

(ours, our_status), (theirs, their_status) = run_in(ml, "ours"), run_in(other, "theirs")
other.jobs.stream(theirs)
other.jobs.download(theirs, download_path=files / "got", all=True)
tell(
    status=[our_status, their_status], ours=names(ml.jobs.list()), theirs=names(other.jobs.list()),
    names=[ours, theirs], absent=refusal(ml.jobs.get, theirs),
    got=[path.name for path in (files / "got").rglob("*.txt")],
)
"""
)

MAKE = (
    BOTH
    + """
ml.workspaces.begin_create(Workspace(name="other", location="here")).result()
tell(names=f"{ml.subscription_id}/local/other")
"""
)
READ = (
    BOTH
    + """
import mltable
from azure.ai.ml.entities import ManagedOnlineEndpoint
from azureml.fsspec import AzureMachineLearningFileSystem
ml.workspaces.begin_create(Workspace(name="other", location="here")).result()
other = client("other")
uri = (f"azureml://subscriptions/{ml.subscription_id}/resourcegroups/"
       f"{ml.resource_group_name}/workspaces/{{}}/datastores/lake/paths")
lake = AzureMachineLearningFileSystem(f"{uri.format('other')}/")
write("table/rows.csv", "n,m\\n7,8\\n")
write("table/MLTable", json.dumps({"paths": [{"file": "./rows.csv"}], "transformations": [
    {"read_delimited": {"delimiter": ",", "header": "all_files_same_headers"}}]}))
lake.upload(str(files / "table"), "tables/", recursive=True)
other.data.create_or_update(
    Data(name="rows", version="3", type="mltable", path=f"{uri.format('other')}/tables"))
named = f"{uri.format('other').partition('/datastores')[0]}/data/rows/versions/3"
endpoint = other.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name="scores", auth_mode="key")).result()
tell(
    loaded=[mltable.load(each).to_pandas_dataframe().to_dict("records")
            for each in (f"{uri.format('other')}/tables", named)],
    listed=lake.glob("tables/**/*.csv"),
    ours=AzureMachineLearningFileSystem(f"{uri.format('local')}/").glob("tables/**"),
    scored=endpoint.scoring_uri.partition("/at/")[2],
    unknown=refusal(ml.online_endpoints.get, "scores"),
)
"""
)


def test_a_workspace_is_made_by_the_client_and_shares_no_assets(tmp_path: Path) -> None:
    with workspace_with_jobs(new_lake(tmp_path)) as served:
        told = submitting(served.env, MADE)

    assert told["made"] == ["other", "local", "The other", "b"]
    assert told["listed"] == [["local", "other"], ["local", "other"]]
    assert told["again"] == ["b", "d"]
    assert (told["ours"], told["theirs"]) == (["train"], ["theirs"])
    assert "/workspaces/other/datastores/lake/paths/gold/train" in str(told["path"])
    assert told["differ"]
    assert "third' is not served here" in str(told["unknown"])


@pytest.mark.slow
def test_jobs_run_in_the_lake_of_their_workspace(tmp_path: Path) -> None:
    with workspace_with_jobs(new_lake(tmp_path)) as served:
        told = submitting(served.env, JOBS)

    ours, theirs = cast("list[str]", told["names"])
    assert told["status"] == ["Completed", "Completed"]
    assert (told["ours"], told["theirs"]) == ([ours], [theirs])
    assert f"job {theirs!r} does not exist" in str(told["absent"])
    said = {file.read_text() for file in tmp_path.rglob("said.txt")}
    assert (tmp_path / "said.txt").read_text() == "ours"
    assert said == {"ours", "theirs"}


@pytest.mark.slow
def test_the_readers_of_tables_find_the_lake_of_the_workspace_that_they_name(
    tmp_path: Path,
) -> None:
    with workspace_with_jobs(new_lake(tmp_path)) as served:
        told = submitting(served.env, READ)

    assert told["loaded"] == [[{"n": 7, "m": 8}]] * 2
    assert told["listed"] == ["tables/rows.csv"]
    assert told["ours"] == []
    assert str(told["scored"]).endswith("/local/other/scoring/online/scores/score")
    assert "'scores' does not exist" in str(told["unknown"])


def test_the_address_of_each_workspace_has_runs_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_tracking(tmp_path)
    with workspace_here(tmp_path) as served:
        made = run_job(served.env, MAKE)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.env["REQUESTS_CA_BUNDLE"])
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", served.env["IDENTITY_HEADER"])
        server = served.env["AZUREML_DEV_URL_MFE"]
        ours = MlflowClient(f"{server}/mlflow")
        theirs = MlflowClient(f"{server}/at/{made['names']}/mlflow")
        ours.create_experiment("ours")
        theirs.create_experiment("theirs")
        theirs.create_registered_model("their model")

        assert not ours.get_experiment_by_name("theirs")
        assert not theirs.get_experiment_by_name("ours")
        assert [model.name for model in theirs.search_registered_models()] == ["their model"]
        assert not ours.search_registered_models()
