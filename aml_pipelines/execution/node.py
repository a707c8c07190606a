"""Run one node: find earlier outputs that can stand for its own, or stage its code and run it."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution import reuse
from aml_pipelines.execution.data import Places, bring_inputs, take_outputs
from aml_pipelines.execution.spark_jvm import WarmJvm, own_jvm_environment, shares_jvm
from aml_pipelines.hashing import listing
from aml_pipelines.pipeline.planned import PlannedNode, Produce, arguments, command, input_texts
from aml_pipelines.pipeline.snapshot import snapshot_files, snapshot_hash, stage
from aml_pipelines.pipeline.values import Constant
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.azurite.lake import RemoteLake
    from aml_pipelines.processes import Processes

_READ_ONLY = ("", "ro_mount", "download")


@dataclass(frozen=True)
class Surroundings:
    """What all nodes of a run share."""

    runs: Path
    run_id: str
    experiment: str
    master: str
    processes: Processes
    jvm: WarmJvm | None
    job_environment: Mapping[str, str]
    await_workspace: Callable[[], None]
    reuses: bool
    lake: RemoteLake | None = None

    def folder(self, node: PlannedNode) -> Path:
        return self.runs / self.run_id / node.name


@dataclass(frozen=True)
class Ended:
    """A node that completed: where its outputs are, and whether an earlier run made them."""

    outputs: Mapping[str, str]
    reused: bool


def run_node(node: PlannedNode, produced: Produce, around: Surroundings, *, reuses: bool) -> Ended:
    """Run `node` or reuse an earlier run of it; raises NodeFailedError when it fails."""
    places = bring_inputs(node, input_texts(node, produced), around.folder(node), around.lake)
    outputs = {name: output.location for name, output in node.outputs.items()}
    files = snapshot_files(node.component.snapshot)
    is_reusable = node.component.is_deterministic and places.is_here
    key = reuse.reuse_key(node, places.inputs, snapshot_hash(files)) if is_reusable else ""
    earlier = reuse.find_earlier(around.runs, key) if is_reusable and reuses else None
    if earlier:
        return Ended(earlier.outputs, reused=True)
    snapshot = around.folder(node) / "snapshot"
    stage(files, snapshot)
    _make_outputs(node, places)
    guarded = _read_only_places(node, places.inputs)
    before = {place: listing(place) for place in guarded}
    _run(node, places, snapshot, around)
    for place, files_before in before.items():
        if listing(place) != files_before:
            raise NodeFailedError(
                f"changed its input {guarded[place]!r}, which is read-only in Azure: {place}"
            )
    take_outputs(node, places, around.lake)
    if is_reusable:
        reuse.record(around.runs, key, around.run_id, outputs)
    return Ended(outputs, reused=False)


def _make_outputs(node: PlannedNode, places: Places) -> None:
    for output in node.outputs.values():
        if "://" in places.outputs[output.name]:
            continue
        place = Path(places.outputs[output.name])
        is_folder = output.type != "uri_file" and output.mode != "direct"
        (place if is_folder else place.parent).mkdir(parents=True, exist_ok=True)


def _read_only_places(node: PlannedNode, inputs: Mapping[str, str | None]) -> dict[Path, str]:
    return {
        Path(str(inputs[name])): name
        for name, bound in node.inputs.items()
        if bound.value is not None
        and not isinstance(bound.value, Constant)
        and bound.mode in _READ_ONLY
    }


def _run(node: PlannedNode, places: Places, snapshot: Path, around: Surroundings) -> None:
    if node.is_spark:
        line = [sys.executable, *arguments(node, places.inputs, places.outputs)]
    else:
        # Spark nodes need not wait: they work on the lake, and the workspace already listens
        around.await_workspace()
        line = ["/bin/bash", "-c", command(node, places.inputs, places.outputs)]
    with _spark_environment(node, around) as spark:
        around.processes.run(
            line,
            folder=snapshot,
            environment={**_environment(node, around), **spark},
            log=around.folder(node) / "log.txt",
            timeout=node.timeout,
        )


def _environment(node: PlannedNode, around: Surroundings) -> dict[str, str]:
    # what is importable here must be importable in Azure: nothing but the snapshot
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {
        **inherited,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "SPARK_LOCAL_IP": LOOPBACK,
        # Nodes share the cores here: threads that spin while they wait slowed a node 6 times.
        "OMP_WAIT_POLICY": "PASSIVE",
        **around.job_environment,
        "AZUREML_RUN_ID": node.run_name,
        "AZUREML_ROOT_RUN_ID": around.run_id,
        "MLFLOW_EXPERIMENT_NAME": around.experiment,
        **node.environment_variables,
    }


def _spark_environment(
    node: PlannedNode, around: Surroundings
) -> AbstractContextManager[Mapping[str, str]]:
    if not node.is_spark:
        return nullcontext({})
    if around.jvm and shares_jvm(node.component, around.jvm.memory):
        return around.jvm.prepared(node.component.spark.conf or {})
    reached = around.lake.spark_environment if around.lake else {}
    return nullcontext({**own_jvm_environment(node.component, around.master), **reached})
