"""What a caller asks for: which pipelines, on which target, with which inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.plan import Plan, plan_pipeline
from aml_pipelines.pipeline.problems import PipelineError
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.assets.registry import Registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from conf.target import Target, WorkspaceAddress

PIPELINES = Path(__file__).parents[1]


@dataclass(frozen=True)
class Request:
    """The arguments that `plan` and `run` share."""

    pipelines: tuple[str, ...]
    target: Target
    given: Mapping[str, str]
    runs: Path

    def plan(self, pipeline: str, run_id: str) -> Plan:
        """Plan one pipeline as the registry stands now; raises PipelineError with all problems."""
        locations = Locations(
            lake=self.target.lake,
            runs=self.runs,
            run_id=run_id,
            is_local=self.target.is_local,
            assets=Registry(Path(self.target.state)),
            state="" if self.target.has_folder else self.target.state,
            workspace_id=_workspace_id(self.target.workspace),
        )
        target_inputs = {"lake": self.target.lake, **self.target.inputs}
        file = find_pipeline(pipeline)
        return plan_pipeline(file, locations, given=self.given, target_inputs=target_inputs)

    def plan_all(self, run_id: str) -> list[Plan]:
        """Plan every pipeline; raises PipelineError with the problems of all of them."""
        plans: list[Plan] = []
        problems: list[str] = []
        for pipeline in self.pipelines:
            try:
                plans.append(self.plan(pipeline, run_id))
            except PipelineError as error:
                problems.extend(error.problems)
        if not problems:
            known = {name for plan in plans for name in plan.inputs}
            problems = [
                f"--set inputs.{name}: no such pipeline input; there are {', '.join(sorted(known))}"
                for name in self.given.keys() - known
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
    """Make the request that parsed arguments state."""
    target = command_target(arguments.target)
    default = Path(target.state, "runs") if target.is_local else Path("runs")
    return Request(
        pipelines=tuple(arguments.pipelines),
        target=target,
        given=read_settings(arguments.settings),
        runs=(arguments.runs_dir or default).absolute(),
    )


def pipeline_names() -> list[str]:
    return sorted(file.stem for file in PIPELINES.glob("*.yml"))


def find_pipeline(name: str) -> Path:
    """Find the file of a pipeline, named or given as a path; raises PipelineError otherwise."""
    file = Path(name)
    if file.suffix in (".yml", ".yaml") and file.is_file():
        return file
    if name in pipeline_names():
        return PIPELINES / f"{name}.yml"
    raise PipelineError(
        f"pipeline {name!r} is neither a file nor one of {', '.join(pipeline_names()) or 'none'}"
    )


def read_settings(settings: list[str]) -> dict[str, str]:
    """Read `inputs.NAME=VALUE` arguments; raises PipelineError for one of another form."""
    return dict(_setting(text) for text in settings)


def _workspace_id(workspace: WorkspaceAddress) -> str:
    return (
        f"/subscriptions/{workspace.subscription_id}/resourceGroups/{workspace.resource_group}"
        f"/workspaces/{workspace.name}"
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.startswith("inputs."):
        raise PipelineError(f"--set {text!r} is not of the form inputs.NAME=VALUE")
    return name.removeprefix("inputs."), value
