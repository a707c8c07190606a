"""Batch endpoints of the local workspace: real scoring code over real files, as jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from aml_pipelines.workspace.serve import serving
from tests.integration.workspace_jobs import TARGET, run_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aml_pipelines.workspace.serve import Serving

pytestmark = pytest.mark.sdk

SCORE = """
import os
from pathlib import Path
from factor import FACTOR
def init():
    global plus
    (found,) = Path(os.environ["AZUREML_MODEL_DIR"]).rglob("plus.txt")
    assert found.parent.name == "adder"
    plus = int(found.read_text())
def run(mini_batch):
    found = []
    for file in map(Path, mini_batch):
        if file.read_text() == "bad":
            if os.environ.get("SKIP_BAD"):
                continue
            raise ValueError(f"{file.name} is bad")
        found.append(f"{file.name} {FACTOR * int(file.read_text()) + plus}")
    Path(os.environ["AZUREML_BI_OUTPUT_PATH"], f"{len(mini_batch)}-{file.stem}.txt").touch()
    return found
"""
COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
type: pipeline
name: shout
version: "1"
inputs:
  word: {type: string, default: quiet}
outputs:
  said: {type: uri_folder}
jobs:
  say:
    type: command
    component:
      type: command
      name: say
      version: "1"
      environment: azureml:serve:1
      inputs:
        word: {type: string}
      outputs:
        said: {type: uri_folder}
      command: echo '${{inputs.word}}!' > '${{outputs.said}}/word.txt'
    inputs:
      word: ${{parent.inputs.word}}
    outputs:
      said: ${{parent.outputs.said}}
"""
SETUP = """
from azure.ai.ml import Input, load_component
from azure.ai.ml.entities import (
    BatchEndpoint, BatchRetrySettings, CodeConfiguration, Environment, ModelBatchDeployment,
    ModelBatchDeploymentSettings, PipelineComponentBatchDeployment)
here = os.environ["HERE"]
def tell(**said):
    print("\\n" + json.dumps(said))
def deployment(name, variables=None, **settings):
    return ModelBatchDeployment(
        name=name, endpoint_name="adder", model="azureml:adder:1", environment="azureml:serve:1",
        code_configuration=CodeConfiguration(code=f"{here}/code", scoring_script="score.py"),
        compute="azureml:cpu", settings=ModelBatchDeploymentSettings(
            environment_variables=variables, max_concurrency_per_instance=2, **settings))
def deploy(*given, **more):
    made = ml.batch_deployments.begin_create_or_update(deployment(*given, **more)).result()
    return made.name
def finished(job):
    while ml.jobs.get(job.name).status not in ("Completed", "Failed", "Canceled"):
        time.sleep(0.2)
    return ml.jobs.get(job.name).status
def output(job, name):
    ml.jobs.download(job.name, download_path=f"{here}/{job.name}", output_name=name)
    found = {}
    for folder, _, files in os.walk(f"{here}/{job.name}/named-outputs/{name}"):
        for file in files:
            with open(os.path.join(folder, file)) as opened:
                found[file] = opened.read()
    return found
"""
REGISTER = """
from azure.ai.ml.entities import AmlCompute
ml.models.create_or_update(Model(name="adder", type="custom_model", path=f"{here}/adder"))
ml.environments.create_or_update(Environment(name="serve", version="1", image="python:3.11"))
ml.compute.begin_create_or_update(AmlCompute(name="cpu", size="STANDARD_DS3_V2")).result()
ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="adder")).result()
tell()
"""


FILES = """
none = refusal(ml.batch_endpoints.invoke, "adder", inputs={"files": Input(path=f"{LAKE}/x")})
deploy("files", mini_batch_size=2, output_action="append_row", error_threshold=0)
deploy("strict", mini_batch_size=1, output_action="summary_only", error_threshold=0,
    retry_settings=BatchRetrySettings(max_retries=1, timeout=30))
deploy("lenient", {"SKIP_BAD": "1"}, mini_batch_size=4, output_action="append_row",
    error_threshold=1)
endpoint = ml.batch_endpoints.get("adder")
endpoint.defaults.deployment_name = "files"
endpoint = ml.batch_endpoints.begin_create_or_update(endpoint).result()
def invoke(folder, **more):
    files = {"files": Input(type="uri_folder", path=f"{LAKE}/{folder}")}
    return ml.batch_endpoints.invoke(endpoint_name="adder", inputs=files, **more)
by_default = invoke("numbers")
jobs = [invoke("mixed", deployment_name=name) for name in ("strict", "lenient")]
states = [finished(by_default), *[finished(job) for job in jobs]]
import requests
document = requests.get(endpoint.openapi_uri,
    headers={"Authorization": "Bearer " + DefaultAzureCredential().get_token(
        "https://ml.azure.com/.default").token}).json()
tell(
    paths=list(document["paths"]), none=none, default=endpoint.defaults.deployment_name,
    states=states, steps=[step.name == f"{by_default.name}_batchscoring"
                          for step in ml.jobs.list(parent_job_name=by_default.name)],
    scored=output(by_default, "score"), lenient=output(jobs[1], "score"),
    listed=[[job.name, job.status] for job in ml.batch_endpoints.list_jobs("adder")]
    == [[jobs[1].name, "Completed"], [jobs[0].name, "Failed"], [by_default.name, "Completed"]],
    kept=refusal(lambda: ml.batch_deployments.begin_delete("files", "adder").result()),
    seen=[ml.batch_deployments.get("strict", "adder").mini_batch_size,
          sorted(found.name for found in ml.batch_deployments.list("adder"))],
    strict=jobs[0].name,
)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    for name, content in {
        "code/score.py": SCORE,
        "code/factor.py": "FACTOR = 2\n",
        "adder/plus.txt": "1",
        "shout.yml": COMPONENT,
        **{f"lake/numbers/{n}.txt": str(n) for n in range(5)},
        **{f"lake/mixed/{n}.txt": "bad" if n == 1 else str(n) for n in range(4)},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Serving]:
    lake = folder / "lake"
    with serving(
        TARGET, state=lake, log=lake / "workspace.log", jobs_master="local[1]"
    ) as serving_:
        serving_.wait_ready()
        run_job({**serving_.env, "HERE": str(folder)}, SETUP + REGISTER)
        yield serving_


def test_files_are_scored_in_mini_batches_by_the_default_or_the_named_deployment(
    served: Serving, folder: Path
) -> None:
    told = run_job(
        {**served.env, "HERE": str(folder)},
        SETUP + FILES,
    )
    assert "endpoint 'adder' has no default deployment" in str(told["none"])
    assert (told["default"], told["states"]) == ("files", ["Completed", "Failed", "Completed"])
    assert told["scored"] == {
        "predictions.csv": "0.txt 1\n1.txt 3\n2.txt 5\n3.txt 7\n4.txt 9\n",
        "2-1.txt": "",
        "2-3.txt": "",
        "1-4.txt": "",
    }
    assert (told["paths"], told["steps"]) == (["/jobs"], [True])
    assert told["lenient"] == {"predictions.csv": "0.txt 1\n2.txt 5\n3.txt 7\n", "4-3.txt": ""}
    assert told["listed"] is True
    assert "'files' is the default deployment of 'adder'" in str(told["kept"])
    assert told["seen"] == [1, ["files", "lenient", "strict"]]
    logs = [file.read_text() for file in folder.rglob(f"lake/runs/{told['strict']}/*/log.txt")]
    assert any("attempt 2: " in log and "1.txt is bad" in log for log in logs)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # MLflow's own
def test_an_mlflow_model_needs_no_code_and_scores_each_row(served: Serving, folder: Path) -> None:
    rows = pd.DataFrame({"distance": [1.0, 2.0]})
    model = DummyRegressor(strategy="constant", constant=7.0).fit(rows, [0.0, 1.0])
    mlflow.sklearn.save_model(model, folder / "seven", pip_requirements=[])
    (folder / "lake" / "rows").mkdir()
    rows.to_csv(folder / "lake" / "rows" / "a.csv", index=False)
    told = run_job(
        {**served.env, "HERE": str(folder)},
        SETUP
        + """
ml.models.create_or_update(Model(name="seven", type="mlflow_model", path=f"{here}/seven"))
ml.batch_deployments.begin_create_or_update(ModelBatchDeployment(
    name="seven", endpoint_name="adder", model="azureml:seven:1", compute="azureml:cpu",
    settings=ModelBatchDeploymentSettings(output_action="append_row", mini_batch_size=2))).result()
job = ml.batch_endpoints.invoke(endpoint_name="adder", deployment_name="seven",
    inputs={"rows": Input(type="uri_folder", path=f"{LAKE}/rows")})
(step,) = ml.jobs.list(parent_job_name=job.name) if finished(job) == "Completed" else [None]
tell(scored=output(step, "score"))
""",
    )
    assert told == {"scored": {"predictions.csv": "['a.csv', 7.0]\n['a.csv', 7.0]\n"}}


@pytest.mark.slow
def test_a_pipeline_component_runs_as_a_job_of_its_deployment(
    served: Serving, folder: Path
) -> None:
    told = run_job(
        {**served.env, "HERE": str(folder)},
        SETUP
        + """
shout = load_component(f"{here}/shout.yml")
ml.batch_deployments.begin_create_or_update(PipelineComponentBatchDeployment(
    name="pipeline", endpoint_name="adder", component=shout,
    settings={"default_compute": "cpu", "continue_on_step_failure": False})).result()
job = ml.batch_endpoints.invoke(endpoint_name="adder", deployment_name="pipeline",
    inputs={"word": Input(type="string", default="hello")})
tell(state=finished(job), said=output(job, "said"))
""",
    )
    assert told == {"state": "Completed", "said": {"word.txt": "hello!\n"}}
