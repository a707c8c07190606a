"""`jvm`: list the JVMs that runs have left for the next one, or end them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import psutil

from aml_pipelines.execution.forked.warm import stop_forks
from aml_pipelines.execution.jvm.kept import kept_jvms, stop_kept_jvms
from aml_pipelines.execution.kept import idle_seconds

if TYPE_CHECKING:
    import argparse

    from aml_pipelines.execution.jvm.kept import KeptJvm

_MEBIBYTE = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stop", action="store_true", help="end them, also one that a run has")


def main(arguments: argparse.Namespace) -> int:
    if arguments.stop:
        ended = stop_kept_jvms(), stop_forks()
        sys.stdout.write(f"{ended[0]} JVMs and {ended[1]} servers of forks ended\n")
        return 0
    kept = kept_jvms()
    for jvm in kept:
        sys.stdout.write(f"{_described(jvm)}\n")
    if not kept:
        sys.stdout.write("no JVM is kept\n")
    return 0


def _described(jvm: KeptJvm) -> str:
    what = "is used by a run" if jvm.is_used else f"waits up to {idle_seconds():g} s for a run"
    return f"process {jvm.pid} {what}, has {_memory(jvm.pid):.0f} MiB; log: {jvm.log}"


def _memory(pid: int) -> float:
    """Return the memory of a process and its children, in MiB; 0 for one that has ended."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(item.memory_info().rss for item in family) / _MEBIBYTE
    except psutil.NoSuchProcess:
        return 0.0
