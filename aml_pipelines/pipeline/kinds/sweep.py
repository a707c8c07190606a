"""Sweeps: a command that is tried with many values, of which the best trial counts."""

from __future__ import annotations

import dataclasses
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.distributed import distributed_code
from aml_pipelines.pipeline.kind_defaults import retarget_code
from aml_pipelines.pipeline.search_space import CHOICE
from aml_pipelines.pipeline.shell import UnquotableError, placed, resolved_command
from aml_pipelines.pipeline.spec import COMPONENT_ABOUT, JOB, JOB_COMPUTE, own_of
from aml_pipelines.pipeline.sweep import BAYESIAN, GRID, LIMITS, SWEEPING, Sweep, read_sweep

__all__ = ["LIMITS"]  # of a block's `limits`, as the protocol has it

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.expressions import Reference
    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component
    from aml_pipelines.pipeline.yaml_lines import Fields

retarget = retarget_code
JOB_FIELDS = (*JOB, *JOB_COMPUTE, "services", "trial", "environment_variables", *SWEEPING)
COMPONENT_FIELDS = COMPONENT_ABOUT
COMPONENT_KEY, COMPONENT_KIND = "trial", "command"
TEMPLATE, IS_SHELL = "command", True
JOB_TYPE = "Sweep"
_SPACE = "search_space"
# Azure's bayesian sampling takes these alone, and a grid has only what can be listed.
_SAMPLED = {BAYESIAN: (CHOICE, "uniform", "quniform"), GRID: (CHOICE,)}


def sweep_of(component: Component) -> Sweep:
    """Return the sweep that `of_job` has made of a trial's component."""
    return own_of(component, Sweep)


def of_job(component: Component, job: Fields) -> Component:
    """Return the trial's component as the sweep's: its parameters are no inputs any more."""
    sweep, template = read_sweep(job, component.name), component.template
    if distributed_code(component):
        job.problems.add(
            job.place,
            f"the trial of sweep {component.name!r} is distributed, which is not run here",
        )
    # Also those that were refused: that they have no value would be a second problem.
    parameters = tuple(job.mapping("search_space").entries)
    for name in parameters:
        # In a pipeline the space gives values to the trial's inputs of the same names.
        template = re.sub(rf"\$\{{\{{\s*inputs\.{re.escape(name)}\s*\}}\}}", _shown(name), template)
    inputs = {key: port for key, port in component.inputs.items() if key not in parameters}
    return dataclasses.replace(
        component,
        kind="sweep",
        own=sweep,
        inputs=inputs,
        template=template,
        parameters=parameters,
    )


def _shown(name: str) -> str:
    return f"${{{{{_SPACE}.{name}}}}}"


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Report values that the algorithm cannot draw, or that no quoting can protect."""
    sweep = sweep_of(node.component)
    algorithm = sweep.sampling.algorithm
    kinds = _SAMPLED.get(algorithm)
    for name, distribution in sweep.search_space.items():
        if kinds and distribution.kind not in kinds:
            problems.add(
                node.place,
                f"{algorithm} sampling of {node.name!r} cannot draw {name!r} from "
                f"{distribution.kind!r}; it takes {', '.join(kinds)}",
            )
    if algorithm == BAYESIAN and not find_spec("optuna"):
        problems.add(
            node.place, f"bayesian sampling of {node.name!r} needs the package optuna here"
        )
    _check_values(node, sweep, problems)


def _check_values(node: PlannedNode, sweep: Sweep, problems: Problems) -> None:
    paths = (dict.fromkeys(node.component.inputs, "x"), dict.fromkeys(node.component.outputs, "x"))
    drawn = dict.fromkeys(node.component.parameters, "0")
    for name, distribution in sweep.search_space.items():
        for value in distribution.values:
            try:
                trial_command(node.component, {**drawn, name: str(value)}, *paths)
            except UnquotableError as error:
                place = node.component.template_place or node.component.place
                problems.add(place, str(error))
            except (KeyError, ValueError):
                return  # an unknown name, which is reported with the template


def trial_command(
    component: Component,
    values: Mapping[str, str],
    inputs: Mapping[str, str | None],
    outputs: Mapping[str, str],
) -> str:
    """Return the shell command of a trial with these values of the search space."""
    of_ports = placed(inputs, outputs)

    def resolve(reference: Reference) -> str | None:
        kind, name = reference.parts
        return values[name] if kind == _SPACE else of_ports(reference)

    return resolved_command(component.template, resolve)


def command(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str:
    """Return the command of the trials, in which a name stands for the value of a parameter."""
    values = {name: f"{_SPACE}.{name}" for name in component.parameters}
    return trial_command(component, values, inputs, outputs)
