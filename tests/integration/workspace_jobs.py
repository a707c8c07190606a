"""A local workspace for tests, and jobs that know nothing of the world but its environment."""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp
from typing import TYPE_CHECKING

from aml_pipelines.workspace.serve import Serving, serving
from aml_pipelines.workspace.state import StateFolder
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLIENT = """
import json, os, sys, time
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data, Model
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

ml = MLClient(
    DefaultAzureCredential(),
    os.environ["AZUREML_ARM_SUBSCRIPTION"],
    os.environ["AZUREML_ARM_RESOURCEGROUP"],
    os.environ["AZUREML_ARM_WORKSPACE_NAME"],
)
LAKE = "azureml://datastores/lake/paths"

def refusal(call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"

def table(path="gold/train", name="train", **more):
    return Data(name=name, type="mltable", path=f"{LAKE}/{path}", **more)

def model(path="models/late", **more):
    return Model(name="late", type="mlflow_model", path=f"{LAKE}/{path}", **more)

def tell(**said):
    print()  # the client's pollers leave their dots on the line
    print(json.dumps(said))
"""


@dataclass(frozen=True)
class Names:
    subscription_id: str = "00000000-0000-0000-0000-000000000000"
    resource_group: str = "local"
    name: str = "local"


@dataclass(frozen=True)
class Target:
    workspace: Names = Names()


TARGET = Target()


@contextmanager
def workspace(lake: Path) -> Iterator[Serving]:
    """Serve `lake`, which gets MLflow's database beforehand if it has none."""
    if not StateFolder(lake).mlflow.exists():
        lay_tracking(lake)
    with new_workspace(lake) as served:
        yield served


@contextmanager
def new_workspace(lake: Path) -> Iterator[Serving]:
    """Serve `lake` as it is: the server sets MLflow's database up."""
    with serving(TARGET, state=lake, log=lake / "workspace.log", experiments=["flights"]) as served:
        served.wait_ready()
        # as the executor does for each node, by its pipeline
        served.env = {**served.env, "MLFLOW_EXPERIMENT_NAME": "flights"}
        yield served


def run_job(env: Mapping[str, str], script: str) -> dict[str, object]:
    """Run `script` as a job, in a process of its own: all that it knows of the world is `env`."""
    with (
        NamedTemporaryFile("r") as out,
        NamedTemporaryFile("r") as errors,
        socket.socket(socket.AF_UNIX) as asking,
    ):
        asking.settimeout(120)
        asking.connect(str(_job_processes()))
        job = {"script": CLIENT + script, "env": dict(env)}
        asking.sendall(json.dumps(job | {"stdout": out.name, "stderr": errors.name}).encode())
        asking.sendall(b"\n")
        code = asking.recv(16)
        assert code == b"0\n", errors.read()
        told: dict[str, object] = json.loads(out.read().splitlines()[-1])
    return told


@cache
def _job_processes() -> Path:
    """Start what forks the processes of jobs; returns the socket on which it is asked to."""
    address = Path(mkdtemp(), "jobs")
    forking = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("client_jobs.py")), str(address)],
        env={},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert forking.stdout
    assert forking.stdout.readline() == b"ready\n"

    def end() -> None:
        forking.communicate()
        shutil.rmtree(address.parent)

    atexit.register(end)
    return address
