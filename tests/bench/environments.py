"""The environments of others' tools, which `make bench` installs beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

from conf.target import REPOSITORY
from tests.bench.lakes import run_command
from tests.bench.turns import NotHereError

if TYPE_CHECKING:
    from collections.abc import Sequence

SCRIPTS = Path(__file__).with_name("elsewhere")
# JVMs of others' tools have the jars of ours, Delta's too, and the heap of ours.
ON_OUR_SPARK = {
    "SPARK_HOME": str(Path(pyspark.__file__).parent),
    "PYSPARK_SUBMIT_ARGS": "--master local[*] --driver-memory 4g --conf spark.ui.enabled=false "
    "--conf spark.sql.session.timeZone=UTC pyspark-shell",
}


def require_environments(*names: str) -> None:
    """Raise NotHereError unless these environments are installed."""
    missing = [name for name in names if not python_of(name).exists()]
    if missing:
        raise NotHereError(
            f"{', '.join(missing)}: not installed; make bench does that, into .venv/bench-*"
        )


def python_of(name: str) -> Path:
    return REPOSITORY / ".venv" / f"bench-{name}" / "bin" / "python"


def run_elsewhere(name: str, script: str, words: Sequence[str]) -> None:
    """Run a script of `elsewhere` in an environment; raises BenchError."""
    python = str(python_of(name))
    added = ON_OUR_SPARK | {"PYSPARK_PYTHON": python, "PYTHONPATH": ""}
    run_command([python, str(SCRIPTS / f"{script}.py"), *words], added=added)
