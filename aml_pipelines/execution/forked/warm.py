"""Lets command nodes of this project run in forks of a process that has their imports."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.forked.server import STOP, ready_file
from aml_pipelines.execution.kept import keep, kept_folder, places, tell_to_stop
from aml_pipelines.files import write_whole
from aml_pipelines.inherited import inherited_variables
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER = "aml_pipelines.execution.forked.server"
PLACE_VARIABLE = "AML_PIPELINES_FORKS"
_SUFFIX = ".forks"
_SHIM = Path(__file__).with_name("shim.py")
_LONGEST_FIRST_LINE = 120  # that kernels take
# A setting of the process, not of the script: forks could not have another.
_OF_THE_PROCESS = ("PYTHON", "OMP_", "MKL_", "OPENBLAS_")


def start_forks() -> None:
    """Start the server of forks in the background, unless it runs."""
    place = _place()
    if place:
        keep(place, SERVER, _server_environment(), left=[ready_file(place)])


def fork_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which `python` runs scripts in forks, instead of `environment`'s.

    There are none where no server is ready: a Python of one's own is then the faster one.
    """
    place = _place()
    if not place or not ready_file(place).exists():
        return {}
    return {
        "PATH": os.pathsep.join((str(_shim(place)), environment["PATH"])),
        PLACE_VARIABLE: str(place),
    }


def stop_forks() -> int:
    """End the servers of forks when their forks have ended; return how many there were."""
    return sum(tell_to_stop(place, STOP, greets=True) for place in places(_SUFFIX))


def _server_environment() -> dict[str, str]:
    """Return the variables with which modules are imported: those of every node."""
    return {
        **inherited_variables(),
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def _place() -> Path | None:
    folder = kept_folder()
    if folder is None or len(sys.executable) > _LONGEST_FIRST_LINE:
        return None
    packages = Path(sysconfig.get_path("purelib"))
    settings = {
        name: value
        for name, value in _server_environment().items()
        if name.startswith(_OF_THE_PROCESS)
    }
    facts = [sys.executable, str(REPOSITORY), packages.stat().st_mtime_ns, settings]
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    return folder / f"{key}{_SUFFIX}"


def _shim(place: Path) -> Path:
    """Return the folder with the `python` of nodes, which is made once."""
    folder = place.with_suffix("")
    program = folder / "python"
    text = f"#!{sys.executable} -SEI\n{_SHIM.read_text(encoding='utf-8')}".encode()
    if not program.is_file() or program.read_bytes() != text:
        write_whole(program, text, mode=0o700)
    return folder
