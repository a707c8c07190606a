"""The process of one submitted job, which ends with the workspace that started it."""

from __future__ import annotations

import argparse
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.errors import PipelineError
from aml_pipelines.execution.context import RunContext
from aml_pipelines.execution.durability import mend_after_restart
from aml_pipelines.execution.environments.build import environments_of
from aml_pipelines.execution.evictions import Evictions
from aml_pipelines.execution.kinds.command import warm_forks
from aml_pipelines.execution.kinds.spark import warm_jvm
from aml_pipelines.execution.record import now
from aml_pipelines.execution.run import run_plan
from aml_pipelines.execution.selection import select_all
from aml_pipelines.execution.summary import report_failed_nodes, report_success
from aml_pipelines.files import private_files
from aml_pipelines.locks import shared
from aml_pipelines.pipeline.address_options import add_map_argument, read_map
from aml_pipelines.pipeline.environments.choose import choose_environments
from aml_pipelines.pipeline.environments.options import add_environment_arguments, read_policy
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.processes import end_with_parent
from aml_pipelines.workspace.assets.mlflow_runs import MlflowRuns
from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.assets.output_assets import OutputAssets
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.http.fault_rules import read_faults
from aml_pipelines.workspace.jobs.places import name_places
from aml_pipelines.workspace.jobs.submit import plan_job
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.addresses import addresses_in

if TYPE_CHECKING:
    from aml_pipelines.pipeline.plan import Plan

DONE, FAILED, INVALID, INTERRUPTED = 0, 1, 2, 130


def main(arguments: argparse.Namespace) -> int:
    """Run the job; its nodes find the workspace in this process's own environment."""
    # As by Ctrl-C, so that blocks end in order: nodes, the JVM and the lock are let go.
    # SIGINT too: a workspace that was started in the background has handed on that it is ignored.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.default_int_handler)
    end_with_parent(signal.SIGINT)
    try:
        with private_files(), _lake_lock(arguments):
            # Its lake's folder is its state folder.
            for line in mend_after_restart(arguments.state, arguments.state):
                say(line)
            return _run(_plan(arguments), arguments)
    except PipelineError as error:
        sys.stderr.write(f"{name_places(str(error), arguments.file.parent)}\n")
        return INVALID
    except KeyboardInterrupt:
        return INTERRUPTED


def _lake_lock(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Hold the lake with other jobs, which the queue keeps apart, and without any other run."""
    if arguments.untouched:
        return nullcontext()
    return shared(arguments.state, {"job": arguments.name, "started": now()})


def _plan(arguments: argparse.Namespace) -> Plan:
    # Planned again: since the job was submitted, an earlier one may have registered its assets.
    plan = plan_job(
        arguments.state,
        Registry(arguments.state),
        arguments.file,
        arguments.name,
        is_single=arguments.single,
        addresses=addresses_in(arguments.state, read_map(arguments.mapped)),
    )
    gaps = plan.gaps(plan.nodes)
    if gaps:
        raise PipelineError(*gaps)
    return plan


def _run(plan: Plan, arguments: argparse.Namespace) -> int:
    choices = choose_environments(
        plan, replace(read_policy(arguments), provided=tuple(arguments.provided))
    )
    for note in (*plan.notes, *choices.notes):
        say(f"note: {note}")
    warm_forks([plan])
    lake, folder = FolderLake(arguments.state), StateFolder(arguments.state).jobs_jvm
    with (
        warm_jvm([plan], master=arguments.master, folder=folder, lake=lake) as jvm,
        ThreadPoolExecutor(max_workers=1) as background,
    ):
        ready = background.submit(prepare_tracking, arguments.state, [plan.pipeline.experiment])

        def await_tracking() -> None:
            ready.result()

        record = run_plan(
            RunContext(
                plan=plan,
                selection=select_all(plan),
                target="workspace",
                master=arguments.master,
                lake=lake,
                jvm=jvm,
                job_environment={},
                await_workspace=await_tracking,
                tracking=MlflowRuns(arguments.state, await_tracking),
                environments=environments_of(
                    choices.nodes, StateFolder(arguments.state).environments
                ),
                evictions=Evictions(read_faults(arguments.faults).evictions),
                register=OutputAssets(arguments.state, read_map(arguments.mapped)).register,
            )
        )
    if record.is_completed:
        report_success(plan, record)
        return DONE
    report_failed_nodes(record)
    return FAILED


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--name", required=True, help="of the job, and so of its run")
    parser.add_argument("--file", type=Path, required=True, help="the job's pipeline")
    parser.add_argument("--master", required=True, help="of Spark")
    parser.add_argument("--untouched", action="store_true", help="it touches nothing in the lake")
    parser.add_argument("--single", action="store_true", help="the job is its one node")
    parser.add_argument("--faults", type=Path, help="a file with evictions of nodes")
    add_environment_arguments(parser)
    parser.add_argument("--provided", action="append", default=[], help="a package of a driver")
    add_map_argument(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main(_arguments().parse_args()))
