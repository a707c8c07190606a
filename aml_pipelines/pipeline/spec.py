"""A pipeline as its YAML states it: graphs of jobs, components, and what flows between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.problems import Place
    from aml_pipelines.pipeline.yaml_lines import Scalar

LITERAL_TYPES = ("string", "integer", "number", "boolean")
DATA_TYPES = (
    "uri_file",
    "uri_folder",
    "mltable",
    "mlflow_model",
    "custom_model",
    "triton_model",
)
Kind = Literal["command", "spark", "pipeline"]


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


@dataclass(frozen=True)
class Setting:
    """What a job gives one of its inputs or outputs: a literal, a data path, or an expression."""

    value: Scalar
    place: Place
    is_path: bool = False
    type: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Snapshot:
    """The code that a node runs: a folder, and what is laid beside its files."""

    code: Path | None
    includes: tuple[Path, ...] = ()


@dataclass(frozen=True)
class SparkCode:
    """What only Spark components have."""

    entry: str = ""
    conf: Mapping[str, str] | None = None
    py_files: tuple[str, ...] = ()
    jars: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A block under `jobs`: a component and what is bound to it."""

    name: str
    component: Component
    inputs: Mapping[str, Setting]
    outputs: Mapping[str, Setting]
    place: Place
    environment_variables: Mapping[str, str]
    timeout: float | None = None


@dataclass(frozen=True)
class Component:
    """What a job runs: a command, a Spark script, or a graph of further jobs.

    `template` is the command of a command component and the args of a Spark one.
    """

    kind: Kind
    name: str
    place: Place
    inputs: Mapping[str, InputPort]
    outputs: Mapping[str, OutputPort]
    template: str = ""
    template_place: Place | None = None
    snapshot: Snapshot = Snapshot(None)
    spark: SparkCode = SparkCode()
    jobs: Mapping[str, Job] | None = None
    is_deterministic: bool = True


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
