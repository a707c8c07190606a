"""Finds offline what Azure would report only after a cold start.

The planner finds wrong wiring; this module finds wiring that is right and still fails or costs in
Azure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.azure.packages import pinned_differently
from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.kinds import node_kinds
from aml_pipelines.pipeline.problems import Finding, Problems
from aml_pipelines.pipeline.references import local_path
from aml_pipelines.pipeline.yaml_lines import Fields, read_fields
from aml_pipelines.targets import variables
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.plan import Plan
    from conf.target import Target


def azure_findings(file: Path, target: Target) -> list[Finding]:
    """Check the pipeline in `file` as `target` would run it; return each finding once."""
    fields = read_fields(file.resolve(), Problems())
    return list(dict.fromkeys(_of_jobs(fields, target)))


def refuse_failing(findings: list[Finding]) -> list[Finding]:
    """Raise UserError for findings that fail; return those that only cost."""
    failing = [str(finding) for finding in findings if finding.fails]
    if failing:
        raise UserError(*failing)
    return findings


def sign_in_problem(target: Target, variables: Mapping[str, str]) -> str:
    """Return why jobs cannot have the submitter's identity; empty when they can."""
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
        kind = node_kinds().get(node.text("type") or component.text("type") or "command")
        # A component without jobs yields nothing here; a nested pipeline is checked to its depth.
        yield from _of_jobs(component, target)
        if kind:
            yield from kind.azure_findings(node, component, target)
        # What runs no code of the user's writes no paths of a mount.
        if kind is None or kind.IS_GRAPH or kind.TEMPLATE:
            yield from _of_outputs(node, component)
        yield from _of_environment(node, component, kind.ENVIRONMENT_COSTS if kind else "")


def _component(node: Fields) -> Fields:
    component = node.entries.get("component")
    if component is not None and component.kind == "mapping":
        return node.under(component)
    reference = node.text("component")
    path = local_path(reference)
    if not path:
        return node
    file = (node.place.file.parent / path).resolve()
    return read_fields(file, Problems()) if file.is_file() else node


def _of_outputs(node: Fields, component: Fields) -> Iterator[Finding]:
    for name, entry in component.mapping("outputs").entries.items():
        if entry.kind != "mapping":
            continue
        declared = component.under(entry)
        setting = node.mapping("outputs").entries.get(name)
        own = node.under(setting) if setting and setting.kind == "mapping" else declared
        mode = own.text("mode") or declared.text("mode")
        if declared.text("type") == "mltable" and mode != "direct":
            yield Finding(
                own.place,
                f"output {name!r} is an mltable in a mounted folder: the paths that end in it are "
                "the mount's, and gone with the job; declare mode: direct",
            )


def _of_environment(node: Fields, component: Fields, costs: str) -> Iterator[Finding]:
    owner = node if "environment" in node.entries else component
    if "environment" not in owner.entries:
        return
    place = owner.place_of("environment")
    if costs:
        yield Finding(place, costs, fails=False)
    name = owner.text("environment") if owner.entries["environment"].kind == "text" else ""
    for text in pinned_differently(name):
        yield Finding(place, text)


def check_for_azure(plans: list[Plan], target: Target) -> list[Finding]:
    """Return the findings that cost in Azure; raise PipelineError with all that fail there."""
    findings = [item for plan in plans for item in azure_findings(plan.pipeline.file, target)]
    problem = sign_in_problem(target, variables())
    if problem:
        raise PipelineError(*(str(item) for item in findings if item.fails), problem)
    return refuse_failing(list(dict.fromkeys(findings)))
