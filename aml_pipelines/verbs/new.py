"""`new`: write the files of a new step, which pass every check from the start."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.files import write_whole
from aml_pipelines.repository import ENVIRONMENTS
from conf.dataset_learning import SPLITS
from conf.errors import UserError
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import argparse

TEMPLATES = Path(__file__).parent / "templates"
# Each template of a type of step, and the file that is made from it.
FILES = {
    "spark": {
        "component.yml": "components/$name/component.yml",
        "script.py": "components/$name/$name.py",
        "transform.py": "spark_jobs/$name.py",
        "test.py": "tests/unit/spark_jobs/test_$name.py",
    },
    "command": {
        "component.yml": "components/$name/component.yml",
        "script.py": "components/$name/$name.py",
        # Not in the step's own folder: type checkers find modules of shared packages only.
        "function.py": "components/learning/$name.py",
        "test.py": "tests/unit/components/learning/test_$name.py",
    },
}
JOB = "job.yml"
IMAGE = "train"  # of command steps
GOLD_TABLES = frozenset(
    {"features", *SPLITS, "scores", "rejected_scores", "held_scores", "incidents"}
)
LONGEST = 40  # a longer name would break lines of the files, and the formatter's rules


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", help="what to write: step")
    parser.add_argument("name", metavar="NAME", help="its name, such as count_rows")
    parser.add_argument(
        "--type", default="spark", help=f"one of {', '.join(sorted(FILES))} (default: spark)"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the files, write none")


def main(arguments: argparse.Namespace) -> int:
    """Write the files of a step and print the block that joins it to a pipeline."""
    if arguments.what != "step":
        raise UserError(f"new {arguments.what!r} is unknown: there is 'step'")
    name, kind = arguments.name, arguments.type
    check_step(REPOSITORY, name, kind)
    files = step_files(name, kind)
    for path, text in files.items():
        if not arguments.dry_run:
            write_whole(REPOSITORY / path, text.encode())
        sys.stdout.write(f"{'would write' if arguments.dry_run else 'wrote'} {path}\n")
    sys.stdout.write(
        "paste under 'jobs:' of a pipeline that has build_features, as aml_pipelines/data.yml has:"
        f"\n\n{fill_template(kind, JOB, name)}"
    )
    return 0


def check_step(repository: Path, name: str, kind: str) -> None:
    """Raise UserError for a type that is unknown, and for a name that is invalid or taken."""
    if kind not in FILES:
        raise UserError(f"step type {kind!r} is unknown: there are {sorted(FILES)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UserError(
            f"step {name!r} has no valid name: use lower-case letters, digits and underscores, "
            "begin with a letter, and take no word of Python, as in 'count_rows'"
        )
    if len(name) > LONGEST:
        raise UserError(f"step {name!r} has a name of {len(name)} characters; use up to {LONGEST}")
    paths = [f"components/{name}", f"spark_jobs/{name}", *_paths(name, kind)]
    for path in paths:
        if (repository / path).exists():
            raise UserError(f"step {name!r}: {path} exists already; choose another name")
    if find_spec(name):
        raise UserError(
            f"step {name!r}: the script would hide the module {name!r}; choose another name"
        )
    if name in GOLD_TABLES:
        raise UserError(f"step {name!r}: gold has a table {name!r} already; choose another name")


def step_files(name: str, kind: str) -> dict[str, str]:
    """Map the path of each file of a step, within the repository, to its text."""
    return {
        path: fill_template(kind, template, name)
        for template, path in zip(FILES[kind], _paths(name, kind), strict=True)
    }


def fill_template(kind: str, template: str, name: str) -> str:
    """Return the text of a template with the step's name in it."""
    text = (TEMPLATES / kind / f"{template}.template").read_text(encoding="utf-8")
    title = name.replace("_", " ").strip().capitalize()
    # Safe: that leaves Azure ML's own ${{…}} as they are.
    filled = Template(text).safe_substitute(name=name, title=title, image=_image())
    return _sort_imports(filled)


def _paths(name: str, kind: str) -> list[str]:
    return [Template(path).substitute(name=name) for path in FILES[kind].values()]


def _image() -> str:
    file = ENVIRONMENTS / IMAGE / "environment.yml"
    stated = yaml.safe_load(file.read_text(encoding="utf-8"))
    return f"azureml:{IMAGE}:{stated['version']}"


def _sort_imports(text: str) -> str:
    """Put the imports of spark_jobs in order: the step's name decides where its own stands."""
    lines = text.splitlines(keepends=True)
    at = [number for number, line in enumerate(lines) if line.startswith("from spark_jobs.")]
    for number, line in zip(at, sorted(lines[number] for number in at), strict=True):
        lines[number] = line
    return "".join(lines)
