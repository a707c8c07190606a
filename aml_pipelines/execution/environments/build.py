"""Builds the environments that nodes ask for with uv, once for each content."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uv

from aml_pipelines.console import say
from aml_pipelines.errors import PipelineError
from aml_pipelines.execution.environments.python import (
    PythonEnvironment,
    lay,
    own_environment,
    this_environment,
)
from aml_pipelines.locks import hold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.environments.choose import Choice

_BUILT = ".built"
_QUIET = ("--quiet", "--disable-pip-version-check", "--no-warn-script-location")
_SHOWN_LINES = 12


@dataclass(frozen=True)
class BuiltEnvironment:
    """An environment that is there; `key` is empty for this project's own, `is_own` for its layer.

    A node whose environment `is_own` has other packages than this project, MLflow's among them.
    """

    python: PythonEnvironment
    key: str = ""
    is_own: bool = False


def environments_of(choices: Mapping[str, Choice], folder: Path) -> dict[str, BuiltEnvironment]:
    """Return the environment of every node, building below `folder` those that are not there yet.

    Raises PipelineError with the installer's words when one cannot be built.
    """
    built = {"": BuiltEnvironment(this_environment())}
    for choice in choices.values():
        if choice.key not in built:
            python = _built(choice, folder / choice.key)
            built[choice.key] = BuiltEnvironment(python, choice.key, choice.is_own)
    return {name: built[choice.key] for name, choice in choices.items()}


def _built(choice: Choice, folder: Path) -> PythonEnvironment:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold(folder.with_suffix(".lock"), {"doing": f"build {folder.name}"}):
        if not (folder / _BUILT).is_file():
            python = _python(choice)
            say(f"building an environment of {', '.join(choice.packages)} with {python}")
            _build(choice, folder, python)
            (folder / _BUILT).touch()
    return own_environment(folder) if choice.is_own else _on_top(own_environment(folder))


def _build(choice: Choice, folder: Path, python: str) -> None:
    try:
        if choice.is_own:
            # The standard library's: it brings pip, and the setuptools of its Python, with it.
            _run(python, "-m", "venv", "--clear", str(folder))
            _install_own(own_environment(folder).interpreter, choice)
        else:
            # pip, not uv: it takes the packages below for installed, and leaves them as they are.
            layer = lay(folder, this_environment()).interpreter
            _run(str(layer), "-m", "pip", "install", *_QUIET, *choice.packages)
    except PipelineError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _on_top(added: PythonEnvironment) -> PythonEnvironment:
    here = this_environment()
    sites, programs = (*added.sites, *here.sites), (*added.programs, *here.programs)
    return PythonEnvironment(added.interpreter, added.version, sites, programs)


def _python(choice: Choice) -> str:
    """Return the Python that is asked for where it is installed, else this process's own."""
    if not choice.python:
        return sys.executable
    # uv, not the path: version managers have programs there that only say what is not installed.
    find = [uv.find_uv_bin(), "python", "find", "--no-python-downloads", choice.python]
    found = subprocess.run(find, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else sys.executable


def _install_own(interpreter: Path, choice: Choice) -> None:
    options = [word for option in choice.options for word in option.split(maxsplit=1)]
    command = ("pip", "install", "--quiet", "--no-progress", "--python", str(interpreter))
    _run(uv.find_uv_bin(), *command, *options, *choice.packages)


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
        words = " ".join(said[:_SHOWN_LINES]) or f"exit code {ended.returncode}"
        raise PipelineError(f"an environment cannot be built: {words}")
