"""Online endpoints of the local workspace: real scoring code behind the official client."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azure.deployments import endpoint_document
from conf.target import Identity
from conf.target_file import load_target
from tests.integration import listening
from tests.integration.workspace_jobs import run_job, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.workspace.serve import Serving

pytestmark = pytest.mark.sdk

JOBS = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/j"
)
SCORE = """
import json, os
from pathlib import Path
from factor import FACTOR
def init():
    global plus
    (found,) = Path(os.environ["AZUREML_MODEL_DIR"]).rglob("plus.txt")
    assert found.parent.name == "adder"
    plus = int(found.read_text())
def run(raw):
    asked = json.loads(raw)
    print("asked", asked)
    return {"sum": FACTOR * asked["x"] + plus, "by": os.environ["COLOR"]}
"""
BROKEN = "def init():\n    raise KeyError('no weights')\ndef run(raw):\n    return raw\n"
SETUP = """
from azure.ai.ml.entities import (
    CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint)
here = os.environ["HERE"]
def tell(**said):
    print("\\n" + json.dumps(said))  # the client leaves its progress on the line
def make(endpoint):
    return ml.online_endpoints.begin_create_or_update(endpoint).result()
def deployment(name, endpoint="adder", script="score.py", **more):
    given = dict(
        model="azureml:adder:1", environment="azureml:serve:1",
        code_configuration=CodeConfiguration(code=f"{here}/code", scoring_script=script),
        environment_variables={"COLOR": name})
    return ManagedOnlineDeployment(
        name=name, endpoint_name=endpoint, instance_type="Standard_DS3_v2", instance_count=1,
        **{**given, **more})
def deploy(*given, **more):
    made = ml.online_deployments.begin_create_or_update(deployment(*given, **more)).result()
    return made.provisioning_state
def share(**traffic):
    endpoint = ml.online_endpoints.get("adder")
    endpoint.traffic = traffic
    return make(endpoint).traffic
def ask(asked, endpoint="adder", **more):
    with open(f"{here}/request.json", "w") as file:
        json.dump(asked, file)
    return json.loads(ml.online_endpoints.invoke(endpoint, request_file=file.name, **more))
"""
REGISTER = """
ml.models.create_or_update(Model(name="adder", type="custom_model", path=f"{here}/adder"))
ml.environments.create_or_update(Environment(name="serve", version="1", image="python:3.11"))
"""

BLUE_GREEN = """
import requests
endpoint = make(ManagedOnlineEndpoint(name="adder", auth_mode="key", properties={"flag": True}))
states = [deploy("blue")]
untold = refusal(ask, {"x": 1})
first = share(blue=100)
by_blue = ask({"x": 20})
states.append(deploy("green"))
over = refusal(share, blue=90, green=20)
unknown = refusal(share, red=100)
in_use = refusal(lambda: ml.online_deployments.begin_delete("blue", "adder").result())
half = share(blue=50, green=50)
by = set()
for n in range(60):
    by.add(ask({"x": n})["by"])
    if len(by) == 2:
        break
after = share(green=100)
by_green = ask({"x": 1})
ml.online_deployments.begin_delete("blue", "adder").result()
key = ml.online_endpoints.get_keys("adder").primary_key
document = requests.get(endpoint.openapi_uri, params={"version": "3"},
                        headers={"Authorization": f"Bearer {key}"})
tell(
    described=[document.status_code, "/score" in document.json().get("paths", {})],
    flag=endpoint.properties["flag"],
    states=states, mode=endpoint.auth_mode, first=first, half=half, after=after,
    by_blue=by_blue, by=sorted(by), by_green=by_green, untold=untold, over=over,
    unknown=unknown, in_use=in_use, asked=ask({"x": 0}, deployment_name="green"),
    left=[found.name for found in ml.online_deployments.list("adder")],
    logs="asked {'x': 0}" in ml.online_deployments.get_logs("green", "adder", lines=50),
    same=deploy("green"),
    variables=ml.online_deployments.get("green", "adder").environment_variables,
)
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endpoints")
    (folder / "code").mkdir()
    (folder / "code" / "score.py").write_text(SCORE)
    (folder / "code" / "broken.py").write_text(BROKEN)
    (folder / "code" / "factor.py").write_text("FACTOR = 2\n")
    (folder / "adder").mkdir()
    (folder / "adder" / "plus.txt").write_text("1")
    return folder / "lake"


@pytest.fixture(scope="module")
def served(lake: Path) -> Iterator[Serving]:
    with workspace(lake) as serving:
        run_job({**serving.env, "HERE": str(lake.parent)}, SETUP + REGISTER + "tell()")
        yield serving


def told_by(served: Serving, lake: Path, script: str) -> dict[str, object]:
    return run_job({**served.env, "HERE": str(lake.parent)}, SETUP + script)


def test_blue_answers_until_green_is_given_the_traffic(served: Serving, lake: Path) -> None:
    told = told_by(served, lake, BLUE_GREEN)
    assert (told["states"], told["mode"]) == (["Succeeded", "Succeeded"], "key")
    assert (told["described"], told["flag"]) == ([200, True], "True")
    assert told["by_blue"] == {"sum": 41, "by": "blue"}
    assert (told["first"], told["half"]) == ({"blue": 100}, {"blue": 50, "green": 50})
    assert told["by"] == ["blue", "green"]
    assert told["by_green"] == {"sum": 3, "by": "green"}
    assert "has not any deployment with traffic" in str(told["untold"])
    assert "{'blue': 90, 'green': 20} does not add up to 100, or to 0" in str(told["over"])
    assert "traffic to ['red'], which cannot answer; ['blue', 'green'] can" in str(told["unknown"])
    assert "'blue' has 100 % of the traffic of 'adder'" in str(told["in_use"])
    assert told["asked"] == {"sum": 1, "by": "green"}
    assert (told["left"], told["logs"]) == (["green"], True)
    variables = told["variables"]
    assert isinstance(variables, dict)
    assert (told["same"], variables["COLOR"]) == ("Succeeded", "green")
    # A deployment tells where its model and its code are, as in Azure.
    assert Path(variables["AZUREML_MODEL_DIR"]).is_dir()
    assert Path(variables["AML_APP_ROOT"], variables["AZUREML_ENTRY_SCRIPT"]).is_file()
    # Whoever can reach a scoring server scores without a key: it has no port.
    servers = listening.below(served.pid)
    assert servers
    assert listening.addresses(servers) == set()


@pytest.mark.slow
def test_a_kubernetes_deployment_answers_here_and_gets_copies_of_requests(
    served: Serving, lake: Path
) -> None:
    told = told_by(
        served,
        lake,
        """
from azure.ai.ml.entities import KubernetesOnlineDeployment, KubernetesOnlineEndpoint
make(KubernetesOnlineEndpoint(name="cubed", auth_mode="aml_token", compute="cube"))
deploy("blue", endpoint="cubed")
copied = ml.online_deployments.begin_create_or_update(KubernetesOnlineDeployment(
    name="green", endpoint_name="cubed", model="azureml:adder:1", environment="azureml:serve:1",
    code_configuration=CodeConfiguration(code=f"{here}/code", scoring_script="score.py"),
    environment_variables={"COLOR": "green"}, instance_count=1)).result()
def mirror(traffic, **mirrored):
    endpoint = ml.online_endpoints.get("cubed")
    endpoint.traffic, endpoint.mirror_traffic = traffic, mirrored
    return type(make(endpoint)).__name__  # which does not tell its mirrored traffic
too_much = refusal(mirror, {"blue": 100}, green=60)
twice = refusal(mirror, {"blue": 100}, green=10, blue=10)
live = refusal(mirror, {"blue": 100}, blue=10)
nowhere = refusal(mirror, {"blue": 100}, red=10)
mirrored = mirror({"blue": 100}, green=50)
answers, copies = set(), 0
for number in range(200):
    answers.add(ask({"x": 1}, endpoint="cubed")["by"])
    copies = ml.online_deployments.get_logs("green", "cubed", lines=500).count("asked {'x': 1}")
    if copies:
        break
tell(copied=[type(copied).__name__, copied.provisioning_state], mirrored=mirrored,
     answers=sorted(answers), copies=copies, too_much=too_much, live=live, nowhere=nowhere,
     twice=twice, left=ml.online_endpoints.begin_delete("cubed").result())
""",
    )
    assert told["copied"] == ["KubernetesOnlineDeployment", "Succeeded"]
    assert told["mirrored"] == "KubernetesOnlineEndpoint"
    assert (told["answers"], told["copies"]) == (["blue"], 1)
    assert "{'green': 60} is not to one deployment, of at most 50 %" in str(told["too_much"])
    assert "{'green': 10, 'blue': 10} is not to one deployment" in str(told["twice"])
    assert "['blue'] cannot have both traffic and mirrored traffic" in str(told["live"])
    assert "mirrored traffic to ['red'], which cannot answer" in str(told["nowhere"])


def test_a_deployment_that_does_not_start_fails_with_its_log(served: Serving, lake: Path) -> None:
    told = told_by(
        served,
        lake,
        """
make(ManagedOnlineEndpoint(name="broken", auth_mode="aml_token"))
failed = refusal(deploy, "blue", endpoint="broken", script="broken.py")
tell(
    failed=failed, state=ml.online_deployments.get("blue", "broken").provisioning_state,
    missing=refusal(deploy, "red", endpoint="broken", model=f"azureml:none:1"),
    log="no weights" in ml.online_deployments.get_logs("blue", "broken", lines=100),
    absent=refusal(ask, {}, endpoint="broken"),
    left=ml.online_endpoints.begin_delete("broken").result(),
    gone=refusal(ml.online_endpoints.get, "broken"),
)
""",
    )
    assert "did not become ready; its log" in str(told["failed"])
    assert "KeyError: 'no weights'" in str(told["failed"])
    assert (told["state"], told["log"]) == ("Failed", True)
    assert "has not any deployment with traffic" in str(told["absent"])
    assert "model 'none' is not registered" in str(told["missing"])
    assert "online endpoint 'broken' does not exist" in str(told["gone"])


def test_an_mlflow_model_needs_no_code_and_an_error_is_told_from_the_endpoints_own(
    served: Serving, lake: Path
) -> None:
    told = told_by(
        served,
        lake,
        """
import mlflow.pyfunc
class Sum(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input["a"] + model_input["b"]
mlflow.pyfunc.save_model(f"{here}/sum", python_model=Sum())
ml.models.create_or_update(Model(name="sum", type="mlflow_model", path=f"{here}/sum"))
make(ManagedOnlineEndpoint(name="summer", auth_mode="aml_token"))
states = deploy("blue", endpoint="summer", model="azureml:sum:1", code_configuration=None,
    environment=None)
endpoint = ml.online_endpoints.get("summer")
endpoint.traffic = {"blue": 100}
make(endpoint)
rows = {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}
sums = ask({"input_data": rows}, endpoint="summer")
try:
    wrong = ask({"x": 1}, endpoint="summer")
except HttpResponseError as error:
    told = error.response.headers["ms-azureml-model-error-statuscode"]
    wrong = [error.status_code, told]
tell(state=states, sums=sums, wrong=wrong)
""",
    )
    assert (told["state"], told["sums"]) == ("Succeeded", [3, 7])
    assert told["wrong"] == [424, "500"]


def test_an_endpoint_keeps_the_identity_of_the_jobs_when_its_traffic_changes(
    served: Serving, lake: Path
) -> None:
    given = Identity("managed", client_id="c", resource_id=JOBS)
    target = replace(load_target("dev"), identity=given)
    (lake.parent / "endpoint.yml").write_text(endpoint_document("online", target).text)
    told = told_by(
        served,
        lake,
        """
from azure.ai.ml import load_online_endpoint
endpoint = make(load_online_endpoint(f"{here}/endpoint.yml"))
deploy("blue", endpoint=endpoint.name)
endpoint = ml.online_endpoints.get(endpoint.name)
endpoint.traffic = {"blue": 100}
make(endpoint)
after = ml.online_endpoints.get(endpoint.name)
assigned = [item.resource_id for item in after.identity.user_assigned_identities]
tell(type=after.identity.type, assigned=assigned, traffic=after.traffic)
""",
    )
    assert told == {"type": "user_assigned", "assigned": [JOBS], "traffic": {"blue": 100}}


def scoring_servers(lake: Path) -> list[str]:
    """Name the processes of scoring servers of `lake`, and no other's."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_server = b"server_process.py" in (entry / "cmdline").read_bytes()
            if is_server and str(lake).encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_servers_end_with_the_workspace_and_start_again_when_they_are_asked(
    lake: Path, served: Serving
) -> None:
    before = scoring_servers(lake)
    os.kill(served.pid, signal.SIGKILL)
    served.wait_ended()
    deadline = time.monotonic() + 30
    while scoring_servers(lake) and time.monotonic() < deadline:
        time.sleep(0.05)
    after = scoring_servers(lake)
    with workspace(lake) as again:
        told = told_by(again, lake, 'tell(sum=ask({"x": 5})["sum"])')
        assert scoring_servers(lake)

    assert before
    assert not after
    assert told == {"sum": 11}
