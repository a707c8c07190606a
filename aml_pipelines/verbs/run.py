"""`run`: run pipelines on this machine, one after the other, sharing one warm JVM."""

from __future__ import annotations

import logging
import shlex
import signal
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError, NodeFailedError, PipelineError
from aml_pipelines.execution.context import RunContext
from aml_pipelines.execution.environments.build import environments_of
from aml_pipelines.execution.kinds.command import warm_forks
from aml_pipelines.execution.kinds.spark import warm_jvm
from aml_pipelines.execution.lakes import open_lake
from aml_pipelines.execution.record import now
from aml_pipelines.execution.run import run_plan
from aml_pipelines.execution.selection import (
    Selection,
    require_node,
    select_all,
    select_from,
    select_only,
)
from aml_pipelines.execution.summary import report_all, report_failure, report_success
from aml_pipelines.files import private_files, read_json
from aml_pipelines.locks import exclusive
from aml_pipelines.pipeline.address_options import map_words, read_map
from aml_pipelines.pipeline.control.planned import planned_name
from aml_pipelines.pipeline.environments.options import policy_words, read_policy
from aml_pipelines.targets import variables
from aml_pipelines.verbs.request import Request, add_request_arguments, read_request
from aml_pipelines.workspace.assets.mlflow_runs import MlflowRuns
from aml_pipelines.workspace.assets.output_assets import OutputAssets
from aml_pipelines.workspace.serve import Serving, serving
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError
from conf.target import LOCAL

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from aml_pipelines.execution.jvm.warm import WarmJvm
    from aml_pipelines.execution.record import RunRecord
    from aml_pipelines.pipeline.lake import OpenLake
    from aml_pipelines.pipeline.plan import Plan

LOGGER = logging.getLogger(__name__)
DONE, FAILED, INTERRUPTED = 0, 1, 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_request_arguments(parser)
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--only", metavar="NODE", help="run just this node on earlier outputs")
    start.add_argument(
        "--from", dest="start", metavar="NODE", help="run this node and what follows"
    )
    start.add_argument(
        "--debug",
        metavar="NODE",
        help="run just this node on earlier outputs, on this terminal: breakpoint() works",
    )
    parser.add_argument("--fresh", action="store_true", help="reuse no earlier outputs")


def main(arguments: argparse.Namespace) -> int:
    request = _request(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments.debug:
        # Ctrl-C is the debugger's. A handler, not SIG_IGN: the node's process would inherit that.
        signal.signal(signal.SIGINT, lambda *_: None)
    # All pipelines are planned before the first one runs: a mistake in the last is found now, and
    # the shared JVM gets the memory that any of them asks for.
    plans = request.plan_all("RUN")
    node = _named_node(arguments)
    if node:
        require_node(plans[0], node)
    try:
        return _run_all(request, plans, arguments)
    except KeyboardInterrupt:
        say("interrupted; every process was ended")
        return INTERRUPTED


def _request(arguments: argparse.Namespace) -> Request:
    request = read_request(arguments)
    if not request.target.is_local:
        raise PipelineError(
            f"target {request.target.name!r} is a workspace in Azure; "
            "run works on this machine only: --target local"
        )
    if len(request.pipelines) > 1 and _named_node(arguments):
        raise PipelineError(
            "--only, --from and --debug name a node of one pipeline; give one pipeline"
        )
    return request


def _named_node(arguments: argparse.Namespace) -> str:
    return arguments.only or arguments.start or arguments.debug or ""


def _run_all(request: Request, plans: list[Plan], arguments: argparse.Namespace) -> int:
    state = Path(request.target.state)
    warm_forks(plans)
    holder = {"pipelines": " ".join(request.pipelines), "started": now()}
    with (
        private_files(),
        exclusive(state, holder),
        open_lake(request.target) as lake,
        _warm_jvm(request, plans, lake) as jvm,
        # One server for all pipelines: each takes two seconds to start and to prepare MLflow.
        serving(
            request.target,
            state=state,
            log=StateFolder(state).server_log,
            experiments=[plan.pipeline.experiment for plan in plans],
        ) as workspace,
    ):
        context = partial(
            _context,
            request=request,
            arguments=arguments,
            lake=lake,
            jvm=jvm,
            workspace=workspace,
        )
        records = []
        for number, pipeline in enumerate(request.pipelines, start=1):
            # Planned again: the pipeline before may have registered what this one reads.
            plan = request.plan(pipeline, _run_id(request.runs, pipeline))
            records.append(_run_pipeline(pipeline, context(plan), arguments))
            _tell(records[-1], request)
            if not records[-1].is_completed:
                _say_not_started(request.pipelines[number:])
                return FAILED
        report_all(records)
    return DONE


def _context(
    plan: Plan,
    *,
    request: Request,
    arguments: argparse.Namespace,
    lake: OpenLake,
    jvm: WarmJvm | None,
    workspace: Serving,
) -> RunContext:
    def await_workspace() -> None:
        try:
            workspace.wait_ready()
        except CommandFailedError as error:
            raise NodeFailedError(f"was not started: {error}") from error

    target, state = request.target, Path(request.target.state)
    choices = request.choices(plan)
    for note in (*plan.notes, *choices.notes):
        say(f"note: {note}")
    return RunContext(
        plan=plan,
        selection=_select(plan, arguments),
        target=target.name,
        master=target.spark.master,
        lake=lake,
        jvm=jvm,
        job_environment=lake.job_environment(workspace.env),
        await_workspace=await_workspace,
        tracking=MlflowRuns(state, await_workspace),
        environments=environments_of(choices.nodes, StateFolder(state).environments),
        register=OutputAssets(state, request.mapped).register,
        reuses=not arguments.fresh,
        in_foreground=bool(arguments.debug),
    )


def _run_pipeline(pipeline: str, context: RunContext, arguments: argparse.Namespace) -> RunRecord:
    gaps = context.plan.gaps(context.selection.run)
    if gaps:
        raise PipelineError(*gaps)
    try:
        record = run_plan(context)
    except NodeFailedError as error:  # of no node: what they need did not start
        raise CommandFailedError(f"{pipeline} {error}; then type the same command again") from error
    if record.is_completed:
        report_success(context.plan, record)
    else:
        failed = next(name for name, node in record.nodes.items() if node.status == "Failed")
        named = planned_name(context.plan.nodes, failed)
        report_failure(record, _resume(pipeline, named, arguments))
    return record


def _tell(record: RunRecord, request: Request) -> None:
    """Send the events of a run where the target says; one that cannot take them fails no run."""
    receiver = request.target.openlineage
    if receiver is None:
        return
    from aml_pipelines.lineage.event_receiver import (  # noqa: PLC0415 # a second, mostly for nobody
        events_of_run,
        send,
    )

    run_id = str(record.about["run_id"])
    try:
        send(events_of_run(read_json(record.file), request.target), receiver, variables())
    except (UserError, CommandFailedError) as error:
        words = ["python", "-m", "aml_pipelines", "events", run_id, "--send"]
        if request.target.option != LOCAL:
            words += ["--target", request.target.option]
        say(f"note: the run's events were not sent: {error}; send them by: {shlex.join(words)}")


def _say_not_started(pipelines: tuple[str, ...]) -> None:
    if pipelines:
        say(f"not started: {', '.join(pipelines)}")


def _warm_jvm(
    request: Request, plans: list[Plan], lake: OpenLake
) -> AbstractContextManager[WarmJvm | None]:
    master, folder = request.target.spark.master, request.runs / "jvm"
    return warm_jvm(plans, master=master, folder=folder, lake=lake)


def _select(plan: Plan, arguments: argparse.Namespace) -> Selection:
    if arguments.debug:
        return select_only(plan, arguments.debug, option="--debug")
    if arguments.only:
        return select_only(plan, arguments.only)
    if arguments.start:
        return select_from(plan, arguments.start)
    return select_all(plan)


def _resume(pipeline: str, node: str, arguments: argparse.Namespace) -> str:
    words = ["python", "-m", "aml_pipelines", "run", pipeline, "--from", node]
    if arguments.target != LOCAL:
        words += ["--target", arguments.target]
    for setting in arguments.settings:
        words += ["--set", setting]
    words += map_words(read_map(arguments.mapped))
    words += policy_words(read_policy(arguments))
    if arguments.runs_dir:
        words += ["--runs-dir", str(arguments.runs_dir)]
    return shlex.join(words)


def _run_id(runs: Path, pipeline: str) -> str:
    moment = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S")
    base = f"{moment}_{Path(pipeline).stem}"
    taken = sum(1 for _ in runs.glob(f"{base}*"))
    return f"{base}-{taken + 1}" if taken else base
