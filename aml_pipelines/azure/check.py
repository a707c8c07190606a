"""What Azure would find only after a cold start, found beforehand and offline.

The planner finds wrong wiring; this finds what is wired well and still fails or costs there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.azure.packages import pinned_differently
from aml_pipelines.azure.sizes import ENDED_RUNTIMES, RUNTIMES, SIZES, Process, misfit
from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.yaml_lines import Fields, read_fields
from aml_pipelines.targets import variables
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.plan import Plan
    from aml_pipelines.pipeline.problems import Place
    from conf.target import Target

_FILES = ("py_files", "jars", "files", "archives")
_CONDA = "spark.synapse.library.python.env"
_COSTS = (
    "installs packages at every cold start, which takes 10 to 15 minutes; use what the runtime "
    "carries (environments/spark/runtime-packages.txt)"
)


@dataclass(frozen=True)
class Finding:
    """Something that Azure will do other than meant: it `fails`, or it only costs."""

    place: Place
    text: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def azure_findings(file: Path, target: Target) -> list[Finding]:
    """Check the pipeline in `file` as `target` would run it; gives each finding once."""
    fields = read_fields(file.resolve(), Problems())
    return list(dict.fromkeys(_of_jobs(fields, target)))


def refuse_failing(findings: list[Finding]) -> list[Finding]:
    """Raise UserError for what fails; gives back what only costs."""
    failing = [str(finding) for finding in findings if finding.fails]
    if failing:
        raise UserError(*failing)
    return findings


def sign_in_problem(target: Target, variables: Mapping[str, str]) -> str:
    """Say why the identity of jobs cannot be that of whoever submits; empty when it can."""
    secrets = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
    by = next((name for name in secrets if variables.get(name)), "")
    if not by or target.identity.type != "user_identity" or target.is_local:
        return ""
    return (
        f"target {target.name!r} has identity 'user_identity', but {by} signs in a service "
        f"principal, which is no user; set identity.type to 'managed' in "
        f"conf/targets/{target.name}.yml"
    )


def _of_jobs(fields: Fields, target: Target) -> Iterator[Finding]:
    for entry in fields.mapping("jobs").entries.values():
        if entry.kind != "mapping":
            continue
        node = fields.under(entry)
        component = _component(node)
        kind = node.text("type") or component.text("type") or "command"
        if kind == "pipeline":
            yield from _of_jobs(component, target)
        elif kind == "spark":
            yield from _of_spark(node, component, target)
        yield from _of_outputs(node, component)
        yield from _of_environment(node, component, kind)


def _component(node: Fields) -> Fields:
    stated = node.entries.get("component")
    if stated is not None and stated.kind == "mapping":
        return node.under(stated)
    reference = node.text("component")
    if not reference or reference.startswith("azureml:"):
        return node
    file = (node.place.file.parent / reference.removeprefix("file:")).resolve()
    return read_fields(file, Problems()) if file.is_file() else node


def _of_spark(node: Fields, component: Fields, target: Target) -> Iterator[Finding]:
    conf = {**_texts(component.mapping("conf")), **_texts(node.mapping("conf"))}
    if not target.spark.pool and not target.is_local:
        spark = read_fields(target.file, Problems()).mapping("spark")
        yield from _of_runtime(target.spark.runtime_version, spark.place_of("runtime_version"))
        yield from _of_size(target, conf, component.place_of("conf"), spark)
    for key in _FILES:
        for item in component.items(key):
            path = component.place.file.parent / str(item.value)
            if "://" not in str(item.value) and not path.exists():
                yield Finding(item.place, f"{key} {item.value!r} does not exist: {path.resolve()}")
    if _CONDA in conf:
        yield Finding(component.place_of("conf"), f"{_CONDA} {_COSTS}", fails=False)


def _texts(fields: Fields) -> dict[str, str]:
    return {name: str(entry.value) for name, entry in fields.entries.items()}


def _of_runtime(version: str, place: Place) -> Iterator[Finding]:
    ended = ENDED_RUNTIMES.get(version)
    if ended:
        yield Finding(
            place,
            f"runtime_version {version!r} has had no support since {ended}, and its jobs are being "
            f"switched off; use {RUNTIMES[-1]!r}",
        )
    elif version not in RUNTIMES:
        yield Finding(
            place, f"runtime_version {version!r} does not exist; use {', '.join(RUNTIMES)}"
        )


def _of_size(
    target: Target, conf: dict[str, str], place: Place, spark: Fields
) -> Iterator[Finding]:
    size = target.spark.instance_type.lower()
    if size not in SIZES:
        yield Finding(
            spark.place_of("instance_type"),
            f"instance_type {size!r} is none of serverless Spark's: {', '.join(SIZES)}",
        )
        return
    for role in ("driver", "executor"):
        cores = conf.get(f"spark.{role}.cores", "1")
        process = Process(f"spark.{role}", cores, conf.get(f"spark.{role}.memory", "1g"))
        wrong = misfit(process, size)
        if wrong:
            yield Finding(
                place, f"{wrong}; ask for less, or for a larger instance in {target.file.name}"
            )


def _of_outputs(node: Fields, component: Fields) -> Iterator[Finding]:
    for name, entry in component.mapping("outputs").entries.items():
        if entry.kind != "mapping":
            continue
        declared = component.under(entry)
        stated = node.mapping("outputs").entries.get(name)
        own = node.under(stated) if stated and stated.kind == "mapping" else declared
        mode = own.text("mode") or declared.text("mode")
        if declared.text("type") == "mltable" and mode != "direct":
            yield Finding(
                own.place,
                f"output {name!r} is an mltable in a mounted folder: the paths that end in it are "
                "the mount's, and gone with the job; declare mode: direct",
            )


def _of_environment(node: Fields, component: Fields, kind: str) -> Iterator[Finding]:
    owner = node if "environment" in node.entries else component
    if "environment" not in owner.entries:
        return
    place = owner.place_of("environment")
    if kind == "spark":
        yield Finding(place, f"environment: a conda file on a Spark job {_COSTS}", fails=False)
    name = owner.text("environment") if owner.entries["environment"].kind == "text" else ""
    for text in pinned_differently(name):
        yield Finding(place, text)


def check_for_azure(plans: list[Plan], target: Target) -> list[Finding]:
    """Give what will cost in Azure; raises PipelineError with all that would fail there."""
    found = [item for plan in plans for item in azure_findings(plan.pipeline.file, target)]
    problem = sign_in_problem(target, variables())
    if problem:
        raise PipelineError(*(str(item) for item in found if item.fails), problem)
    return refuse_failing(list(dict.fromkeys(found)))
