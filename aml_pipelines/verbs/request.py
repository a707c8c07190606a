"""The request of a command line: which pipelines, on which target, with which inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.address_options import add_map_argument, read_map
from aml_pipelines.pipeline.conf_checks import conf_problems
from aml_pipelines.pipeline.environments.choose import (
    ONLY_THIS,
    Choices,
    Policy,
    choose_environments,
)
from aml_pipelines.pipeline.environments.options import add_environment_arguments, read_policy
from aml_pipelines.pipeline.lake import target_lake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.repository import PIPELINES
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.jobs.component_files import component_finder
from aml_pipelines.workspace.store.addresses import addresses_in
from conf.dataset_learning import SPLITS
from conf.model import load_model
from conf.target import LOCAL

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import Plan
    from conf.target import Target


@dataclass(frozen=True)
class Request:
    """The arguments that `plan` and `run` share.

    `overrides` are inputs that some pipeline must have; `of_model` are for those that have them.
    """

    pipelines: tuple[str, ...]
    target: Target
    overrides: Mapping[str, str]
    runs: Path
    environments: Policy = ONLY_THIS
    mapped: Mapping[str, str] = field(default_factory=dict)
    of_model: Mapping[str, str] = field(default_factory=dict)

    def plan(self, pipeline: str, run_id: str) -> Plan:
        """Plan one pipeline, with assets as they are registered now; raises PipelineError."""
        state = Path(self.target.state)
        option = "" if self.target.option == LOCAL else self.target.option
        addresses = addresses_in(state, self.mapped, target=option)
        locations = Locations(
            target_lake(self.target),
            self.runs,
            run_id,
            Registry(state),
            find_component=component_finder(state, addresses),
            addresses=addresses,
        )
        target_inputs = {"lake": self.target.lake, **self.target.inputs}
        file = find_pipeline(pipeline)
        overrides = {**self.of_model, **self.overrides}
        return plan_pipeline(file, locations, overrides=overrides, target_inputs=target_inputs)

    def choices(self, plan: Plan) -> Choices:
        """Return where the nodes of a plan run; raises PipelineError for what is not here."""
        return choose_environments(plan, self.environments)

    def plan_all(self, run_id: str) -> list[Plan]:
        """Plan every pipeline; raises PipelineError with the problems of all of them."""
        plans: list[Plan] = []
        problems: list[str] = []
        for pipeline in self.pipelines:
            try:
                plan = self.plan(pipeline, run_id)
                if self.target.is_local:
                    self.choices(plan)
                problems += conf_problems(plan)
                plans.append(plan)
            # The problems of all pipelines are shown at once.
            except PipelineError as error:
                problems.extend(error.problems)
        if not problems:
            names = {name for plan in plans for name in plan.inputs}
            problems = [
                f"--set inputs.{name}: no such pipeline input; there are {', '.join(sorted(names))}"
                for name in self.overrides.keys() - names
            ]
        if problems:
            raise PipelineError(*dict.fromkeys(problems))
        return plans


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pipelines",
        nargs="+",
        metavar="PIPELINE",
        help=f"one of {', '.join(pipeline_names())}, or any pipeline job file",
    )
    add_target_argument(parser)
    add_settings_argument(parser)
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="a model of conf/models: its name, dataset and data for the inputs of those names",
    )
    add_environment_arguments(parser)
    add_map_argument(parser)
    parser.add_argument("--runs-dir", type=Path, help="folder of the runs (<lake>/runs)")


def add_settings_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="inputs.NAME=VALUE",
        help="give an input of the pipeline or job another value; repeatable",
    )


def read_request(arguments: argparse.Namespace) -> Request:
    """Return the request in parsed arguments."""
    target = command_target(arguments.target)
    default = Path(target.state, "runs") if target.is_local else Path("runs")
    return Request(
        pipelines=tuple(arguments.pipelines),
        target=target,
        overrides=read_settings(arguments.settings),
        runs=(arguments.runs_dir or default).absolute(),
        environments=read_policy(arguments),
        mapped={**target.data, **read_map(arguments.mapped)},
        of_model=model_inputs(arguments.model) if arguments.model else {},
    )


def model_inputs(name: str) -> dict[str, str]:
    """Return the inputs by which our pipelines learn and use a model; raises ConfError for none."""
    dataset = load_model(name).dataset
    splits = {split: f"azureml:{dataset}_{split}@latest" for split in SPLITS}
    return {"model_name": name, "dataset": dataset, **splits}


def pipeline_names() -> list[str]:
    return sorted(file.stem for file in PIPELINES.glob("*.yml"))


def find_pipeline(name: str) -> Path:
    """Return the file of a pipeline, from its name or path; raises PipelineError otherwise."""
    file = Path(name)
    if file.suffix in (".yml", ".yaml") and file.is_file():
        return file
    if name in pipeline_names():
        return PIPELINES / f"{name}.yml"
    raise PipelineError(
        f"pipeline {name!r} is neither a file nor one of {', '.join(pipeline_names()) or 'none'}"
    )


def read_settings(settings: list[str]) -> dict[str, str]:
    """Return the values of `inputs.NAME=VALUE` arguments; raises PipelineError for another form."""
    return dict(_setting(text) for text in settings)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.startswith("inputs."):
        raise PipelineError(f"--set {text!r} is not of the form inputs.NAME=VALUE")
    return name.removeprefix("inputs."), value
