"""`schedule`: run pipelines at the times of a trigger, each as of the moment it fires."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.jobs import load as load_job
from aml_pipelines.azure.needs import provide
from aml_pipelines.azure.render import Document, Rendered, read_job, render_job, to_yaml
from aml_pipelines.azure.schedules import change, schedule_names
from aml_pipelines.azure.waiting import ended
from aml_pipelines.console import say
from aml_pipelines.pipeline.references import AssetName, parse
from aml_pipelines.pipeline.triggers import trigger_problems
from aml_pipelines.repository import SCHEDULES
from aml_pipelines.verbs.request import add_settings_argument, read_settings
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from azure.ai.ml import MLClient

    from conf.target import Target

AS_OF, TRIGGER_TIME = "as_of", "${{creation_context.trigger_time}}"


@dataclass(frozen=True)
class Scheduled:
    """A schedule's YAML with its whole job, which Azure freezes when it is created."""

    document: Document
    job: Rendered
    origin: Path

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def text(self) -> str:
        return f"# schedule\n{to_yaml(self.document)}---\n# its job\n{self.job.text}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="SCHEDULE",
        help=f"one of {', '.join(schedule_names())}, or a file; none lists those there are",
    )
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--disable", action="store_true", help="stop it; it stays, to be enabled")
    doing.add_argument("--enable", action="store_true", help="start it again")
    doing.add_argument("--delete", action="store_true", help="disable and delete it")
    add_settings_argument(parser)
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    if not arguments.names:
        return _list(target, arguments)
    verb = next((name for name in ("disable", "enable", "delete") if vars(arguments)[name]), None)
    if verb:
        return _change(target, verb, arguments)
    overrides = read_settings(arguments.settings)
    schedules = [render_schedule(name, target, overrides) for name in arguments.names]
    if arguments.dry_run:
        sys.stdout.write("---\n".join(item.text for item in schedules))
        return 0
    with workspace_of(arguments, target, f"schedule {' '.join(arguments.names)}") as client:
        for item in schedules:
            provide(client, target, item.job, creates=False)
            created = ended(client.schedules.begin_create_or_update, load(item))
            say(f"schedule {created.name}: {'enabled' if created.is_enabled else 'disabled'}")
    return 0


def render_schedule(name: str, target: Target, overrides: Mapping[str, str]) -> Scheduled:
    """Return a schedule and its job for `target`, with `as_of` bound to the trigger's time.

    Raises UserError with everything in it that Azure would accept and not carry out.
    """
    file = find_schedule(name)
    document = read_job(file)
    stated: Any = document.get("create_job")
    if not isinstance(stated, dict) or not isinstance(stated.get("job"), str):
        raise UserError(f"{file}: create_job names no job; it takes type, job and inputs")
    job = render_job(file.parent / stated["job"], target, overrides)
    inputs = job.document.get("inputs") or {}
    bound = {
        key: value for key, value in (stated.get("inputs") or {}).items() if key not in overrides
    }
    # A schedule that kept the example's as_of would compute the same day for ever.
    if AS_OF in inputs:
        bound[AS_OF] = TRIGGER_TIME
    unknown = sorted(bound.keys() - inputs)
    problems = [f"{file}: create_job gives inputs {unknown}, which the job has not"] * bool(unknown)
    job.document["inputs"] = inputs | bound
    problems += (
        trigger_problems(document.get("trigger"), file)
        + _frozen(job, file)
        + _identity(target, file)
    )
    if problems:
        raise UserError(*problems)
    return Scheduled({**document, "create_job": {**stated, "inputs": bound}}, job, file)


def find_schedule(name: str) -> Path:
    """Return the file of a schedule, from its name or path; raises UserError otherwise."""
    file = Path(name)
    if file.suffix in (".yml", ".yaml") and file.is_file():
        return file
    if name in schedule_names():
        return SCHEDULES / f"{name}.yml"
    raise UserError(f"schedule {name!r} is neither a file nor one of {', '.join(schedule_names())}")


def load(scheduled: Scheduled) -> Any:  # noqa: ANN401 # the SDK's JobSchedule
    """Load a rendered schedule with the SDK."""
    from azure.ai.ml.entities._load_functions import (  # noqa: PLC0415 # it has no other
        load_schedule,
    )

    text = to_yaml(scheduled.document)
    schedule: Any = load_schedule(io.StringIO(text), relative_origin=str(scheduled.origin))
    schedule.create_job = load_job(scheduled.job)
    return schedule


def _frozen(job: Rendered, file: Path) -> list[str]:
    problems = []
    for name, value in (job.document.get("inputs") or {}).items():
        path = value.get("path") if isinstance(value, dict) else value
        asset = parse(path) if isinstance(path, str) else None
        if isinstance(asset, AssetName) and asset.label:
            pinned = AssetName(asset.name, "1")
            problems.append(
                f"{file}: input {name!r} is {path!r}, which is resolved once, when the schedule is "
                f"created, and never again; name a version: --set inputs.{name}={pinned}"
            )
    return problems


def _identity(target: Target, file: Path) -> list[str]:
    if target.is_local or target.identity.type != "user_identity":
        return []
    return [
        (
            f"{file}: target {target.name!r} has identity 'user_identity', and nobody is signed in "
            "when a schedule fires; set identity.type to 'managed' in "
            f"conf/targets/{target.name}.yml"
        )
    ]


def _list(target: Target, arguments: argparse.Namespace) -> int:
    if arguments.dry_run:
        say(f"GET schedules of workspace {target.workspace.name}")
        return 0
    with workspace_of(arguments, target, "schedule") as client:
        for item in _listed(client):
            state = "enabled" if item.is_enabled else "disabled"
            say(f"{item.name}: {state}, {_when(item.trigger)}")
    return 0


def _listed(client: MLClient) -> list[Any]:
    # the enumeration that it is typed with is private to the SDK, and takes its text
    return list(client.schedules.list(list_view_type="All"))


def _when(trigger: Any) -> str:  # noqa: ANN401 # the SDK's trigger
    if getattr(trigger, "expression", None):
        return f"cron {trigger.expression} {trigger.time_zone}"
    return f"every {trigger.interval} {trigger.frequency} {trigger.time_zone}"


def _change(target: Target, verb: str, arguments: argparse.Namespace) -> int:
    names = [Path(name).stem for name in arguments.names]
    if arguments.dry_run:
        say("\n".join(f"{verb} schedule {name}" for name in names))
        return 0
    with workspace_of(arguments, target, f"schedule --{verb}") as client:
        for name in names:
            change(client, verb, name)
            say(f"schedule {name}: {verb}d")
    return 0
