"""The types of a pipeline file: graphs of jobs, components, ports and settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.environments.read import Environment
    from aml_pipelines.pipeline.yaml_lines import Scalar
    from conf.yaml_lines import Place

Own = TypeVar("Own")
LITERAL_TYPES = ("string", "integer", "number", "boolean")
MODEL_TYPES = ("mlflow_model", "custom_model", "triton_model")
DATA_TYPES = (
    "uri_file",
    "uri_folder",
    "mltable",
    *MODEL_TYPES,
    "path",
)
# Fields that blocks and components of every kind have; `kinds` adds each its own.
COMPONENT_ABOUT = (
    *("$schema", "type", "name", "version", "display_name", "description", "tags", "properties"),
    *("id", "auto_delete_setting"),
)
COMPONENT = (
    *COMPONENT_ABOUT,
    *("inputs", "outputs", "is_deterministic", "code", "environment", "additional_includes"),
)
JOB = ("type", "component", "comment", "inputs", "outputs", "properties")
CONTROL_JOB = ("type", "comment", "properties")
JOB_COMPUTE = ("compute", "identity", "resources")
# The variable by which azure-identity finds the managed identity that a node has.
CLIENT_ID = "AZURE_CLIENT_ID"


@dataclass(frozen=True)
class InputPort:
    """An input that a component or a pipeline declares."""

    name: str
    type: str
    place: Place
    mode: str = ""
    default: Scalar = None
    is_optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    is_declared: bool = True  # False for the shorthand `name: value`, whose type is the value's

    @property
    def is_data(self) -> bool:
        return self.type in DATA_TYPES


@dataclass(frozen=True)
class OutputPort:
    """An output that a component or a pipeline declares."""

    name: str
    type: str
    place: Place
    mode: str = ""
    is_declared: bool = True  # False where an inline job sets it without a type


@dataclass(frozen=True)
class NewAsset:
    """The asset that an output becomes when its job has succeeded; without a version, the next."""

    name: str
    version: str = ""


@dataclass(frozen=True)
class Setting:
    """The value that a job sets for a port: a literal, a data path, or an expression."""

    value: Scalar
    place: Place
    is_path: bool = False
    type: str = ""
    mode: str = ""
    asset: NewAsset | None = None


@dataclass(frozen=True)
class Snapshot:
    """The code that a node runs: a folder, and the includes that are copied into it."""

    code: Path | None
    includes: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Job:
    """A block under `jobs`: a component, and the settings of its ports."""

    name: str
    component: Component
    inputs: Mapping[str, Setting]
    outputs: Mapping[str, Setting]
    place: Place
    environment_variables: Mapping[str, str]
    timeout: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    display_name: str = ""
    like: str = ""  # the name that it has in the first round of a loop
    has_open_inputs: bool = False  # inputs without a value get one later, in the run


@dataclass(frozen=True)
class Component:
    """What a job runs: a process of some kind, or a graph of further jobs.

    `template` is the text with expressions that its inputs and outputs fill in, and `own` what
    only components of its kind have; both are read by the kind's module. `parameters` are the
    names that `${{search_space.NAME}}` may have in the template.
    """

    kind: str
    name: str
    place: Place
    inputs: Mapping[str, InputPort]
    outputs: Mapping[str, OutputPort]
    template: str = ""
    template_place: Place | None = None
    snapshot: Snapshot = Snapshot(None)
    own: object = None
    parameters: tuple[str, ...] = ()
    jobs: Mapping[str, Job] | None = None
    unread_jobs: tuple[str, ...] = ()  # jobs of a graph that have been reported and left out
    is_deterministic: bool = True
    environment: Environment | None = None


def own_of(component: Component, own: type[Own]) -> Own:
    """Return what only components of one kind have; raises TypeError for those of another."""
    if not isinstance(component.own, own):
        raise TypeError(
            f"component {component.name!r} is {component.kind!r}, which has no {own.__name__}"
        )
    return component.own


@dataclass(frozen=True)
class Pipeline:
    """A pipeline job file: its graph, the values of its inputs, and its settings."""

    name: str
    file: Path
    graph: Component
    inputs: Mapping[str, Setting]
    outputs: Mapping[str, Setting]
    experiment: str
    force_rerun: bool
    continue_on_step_failure: bool
    tags: Mapping[str, str]
    display_name: str = ""
    default_datastore: str = ""
    is_single: bool = False  # a job of another type, which is the only node
