"""A local workspace for tests, and jobs that know nothing of the world but its environment."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.workspace.serve import Serving, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

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
    with serving(TARGET, state=lake, log=lake / "workspace.log", experiments=["flights"]) as served:
        served.wait_ready()
        # as the executor does for each node, by its pipeline
        served.env = {**served.env, "MLFLOW_EXPERIMENT_NAME": "flights"}
        yield served


def run_job(env: Mapping[str, str], script: str) -> dict[str, object]:
    """Run `script` as a job: all that it knows of the world is `env`."""
    finished = subprocess.run(
        [sys.executable, "-c", CLIENT + script],
        env=dict(env),
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    told: dict[str, object] = json.loads(finished.stdout.splitlines()[-1])
    return told
