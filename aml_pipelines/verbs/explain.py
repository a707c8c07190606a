"""`explain`: say why a node ran or was reused, naming what changed since the run before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.errors import PipelineError
from aml_pipelines.execution.explain import explain
from aml_pipelines.targets import add_target_argument, command_target

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="NODE", help="of a pipeline; a nested one is OUTER.INNER")
    parser.add_argument("--run", default="", metavar="RUN", help="its run id (the latest)")
    parser.add_argument("--runs-dir", type=Path, help="folder of the runs (<lake>/runs)")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    target = command_target(arguments.target)
    if not target.is_local:
        raise PipelineError(
            f"target {target.name!r} is a workspace in Azure, which does not say why; "
            "explain works on runs of this machine"
        )
    runs = arguments.runs_dir or Path(target.state, "runs")
    for line in explain(runs, arguments.node, arguments.run):
        say(line)
    return 0
