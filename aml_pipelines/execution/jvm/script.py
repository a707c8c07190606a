"""Run the script of a Spark step by itself, for a command that shows what it finds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.execution.jvm.warm import WarmJvm
from aml_pipelines.files import private_files, read_json
from aml_pipelines.inherited import inherited_variables
from aml_pipelines.repository import COMPONENTS
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.target import Target

NOTHING: Mapping[str, str] = MappingProxyType({})


def run_script(
    step: str,
    asked: Mapping[str, str],
    target: Target,
    *,
    output: str,
    environment: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """Run the script of a step in the JVM that runs share, with its arguments by name.

    `environment` has the variables by which the JVM reaches a lake that is no folder. Returns the
    JSON file that the script writes to the folder of its `output`. Raises CommandFailedError with
    what it says last when it fails.
    """
    stated = yaml.safe_load((COMPONENTS / step / "component.yml").read_text(encoding="utf-8"))
    conf = {key: str(value) for key, value in stated["conf"].items()}
    with private_files(), tempfile.TemporaryDirectory() as made:
        written = Path(made) / output
        written.mkdir()
        warm = WarmJvm(
            memory=conf["spark.driver.memory"],
            master=target.spark.master,
            folder=Path(made) / "jvm",
            environment=environment,
        )
        asked = {**asked, output: written.as_uri()}
        with warm as jvm, jvm.prepared(conf) as variables:
            done = subprocess.run(
                [
                    *(sys.executable, str(COMPONENTS / step / f"{step}.py")),
                    *(word for name, value in asked.items() for word in (f"--{name}", value)),
                ],
                # Not a snapshot but the files themselves: errors name those that the user has.
                env={**inherited_variables(), **variables, "PYTHONPATH": str(REPOSITORY)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if not done.returncode:
            (file,) = written.glob("*.json")
            return read_json(file)
    # Out here: a file that is refused costs no JVM.
    *_, last = done.stderr.strip().splitlines() or ["the step has said nothing"]
    # Without the name of the exception's class.
    kind, _, said = last.partition(": ")
    raise CommandFailedError(said if said and " " not in kind else last)
