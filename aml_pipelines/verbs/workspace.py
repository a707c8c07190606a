"""`workspace`: serve the local workspace for a command, or until it is interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.files import private_files
from aml_pipelines.pipeline.address_options import add_map_argument, read_map
from aml_pipelines.pipeline.environments.options import add_environment_arguments, read_policy
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.discovery import (
    COMMAND,
    announce,
    read_serving,
    refuse_unserved,
    serving_alone,
)
from aml_pipelines.workspace.http.fault_rules import read_faults
from aml_pipelines.workspace.serve import serving
from aml_pipelines.workspace.state import StateFolder
from conf.document import ConfError
from conf.target import LOCAL

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from conf.target import Target

DONE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_argument(parser)
    parser.add_argument("--port", type=int, default=0, help="of the control plane (any free one)")
    add_environment_arguments(parser)
    add_map_argument(parser)
    parser.add_argument(
        "--faults",
        type=Path,
        metavar="FILE",
        help="YAML rules of throttling, dropped connections, evicted nodes and the like to come",
    )
    parser.add_argument(
        "--env",
        action="store_true",
        help="print the variables of the workspace that is served, as lines for a shell",
    )
    parser.add_argument(
        "command",
        nargs="*",
        metavar="-- COMMAND",
        help="serve the workspace while this command runs, which finds it by its variables",
    )


def main(arguments: argparse.Namespace) -> int:
    target = command_target(arguments.target)
    if not target.is_local:
        raise ConfError(
            f"target {target.name!r} is a workspace in Azure; served is that of a local target"
        )
    refuse_unserved(target)
    if arguments.env:
        for name, value in read_serving(Path(target.lake)).items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        return DONE
    # A service manager's SIGTERM ends it as Ctrl-C does: jobs first, then the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _serve(target, arguments)
    except KeyboardInterrupt:
        return DONE


def _serve(target: Target, arguments: argparse.Namespace) -> int:
    lake = Path(target.lake)
    log = StateFolder(lake).server_log
    read_faults(arguments.faults)  # what is wrong with it is said here, not in the log
    with (
        private_files(),
        serving_alone(lake),
        serving(
            target,
            state=lake,
            log=log,
            jobs_master=target.spark.master,
            port=arguments.port,
            environments=read_policy(arguments),
            mapped={**target.data, **read_map(arguments.mapped)},
            faults=arguments.faults,
        ) as served,
    ):
        served.wait_ready()
        announce(lake, served.env)
        if arguments.command:
            return _run(arguments.command, served.env)
        say(
            f"serving the workspace of {lake} at {served.env['AZUREML_DEV_URL_MFE']}; "
            f'another shell finds it after: eval "$({_env_command(arguments.target)})"'
        )
        served.wait_ended()
    raise CommandFailedError(f"the local workspace has ended; see {log}")


def _run(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command that finds the workspace; return its exit code, as a shell would."""
    try:
        code = subprocess.run(command, env={**os.environ, **env}, check=False).returncode
    except OSError as error:
        raise CommandFailedError(f"{command[0]!r} cannot be run: {error.strerror}") from error
    return code if code >= 0 else 128 - code


def _env_command(target: str) -> str:
    option = "" if target == LOCAL else f" --target {shlex.quote(target)}"
    return f"{COMMAND}{option} --env"
