"""Finds what earlier jobs have made, by their run.json among the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.files import read_json
from aml_pipelines.pipeline.node_names import possible_nodes

if TYPE_CHECKING:
    from pathlib import Path

# The output that every job has: what it wrote to `./outputs`, and its logs.
ARTIFACTS = ("artifacts", "default")
RUN_RECORD = "run.json"
_Nodes = dict[str, dict[str, object]]


def artifact_folder(run: str) -> str:
    """Return the folder of a run, a job's or a node's, in the artifact store."""
    return f"ExperimentRun/dcid.{run}"


def made_outputs(runs: Path, job: str) -> dict[str, str] | None:
    """Return where the outputs are that a job, or a node's job, has made; None for no job."""
    file = runs / job / RUN_RECORD
    if file.is_file():
        record = read_json(file)
        nodes: _Nodes = record["nodes"]
        # Records of earlier versions do not say what a pipeline's own outputs are.
        bound = {
            name: (_made(nodes[made["node"]]), made["output"])
            for name, made in record.get("outputs", {}).items()
        }
        return {name: made[output] for name, (made, output) in bound.items() if output in made}
    for name, node in possible_nodes(job):
        of_job = runs / name / RUN_RECORD
        nodes = read_json(of_job)["nodes"] if of_job.is_file() else {}
        if node in nodes:
            return _made(nodes[node])
    return None


def _made(node: dict[str, object]) -> dict[str, str]:
    outputs = node["outputs"] if node["status"] == "Completed" else {}
    return {str(name): str(place) for name, place in dict(outputs).items()}  # type: ignore[call-overload] # JSON
