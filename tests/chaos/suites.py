"""The suites of `make chaos` beside crashes: runs them whole, and keeps how they ended.

python -m tests.chaos.suites [NAME …]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conf.target import REPOSITORY
from tests.measured_at import short_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("suites.json")
_COUNTED = ("tests", "failures", "errors", "skipped")


@dataclass(frozen=True)
class Suite:
    """What is tried, as the page says it, and the command that tries it."""

    title: str
    words: tuple[str, ...]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class SuiteResult:
    """How many cases of a suite passed, failed and were left out, when, and at which commit."""

    passed: int
    failed: int
    skipped: int
    day: str
    commit: str


def _of_files(title: str, *names: str, **variables: str) -> Suite:
    files = [f"tests/integration/{name}.py" for name in names]
    return Suite(title, (sys.executable, "-m", "pytest", "--quiet", *files), variables)


SUITES = {
    "runs_at_once": _of_files("runs at once on a folder", "test_concurrent_runs", CHAOS="all"),
    "two_processes": _of_files(
        "two processes at once on Azurite over ABFS, without a lock",
        "test_runs_in_two_processes",
        CHAOS="all",
    ),
    "broken_tables": _of_files(
        "every damage to every table: lost, cut and spoilt files, commits and checkpoints",
        "test_broken_tables",
        CHAOS="all",
    ),
    "faulty_store": _of_files(
        "every fault of a store at every place", "test_faulty_store", CHAOS="all"
    ),
    "generated_input": _of_files(
        "10,000 made-up records in made-up contracts; days that arrive one by one or at once",
        *("test_generated_input", "test_increments"),
        GENERATED_CASES="10000",
    ),
    "next_spark": Suite(
        "`make test-all SPARK=4.1`: all tests of tables and all rule cases, on Java 21",
        ("make", "test-all", "SPARK=4.1"),
        {},
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SUITES, []], metavar="NAME")
    names = parser.parse_args().names or list(SUITES)
    results = read_results()
    for name in names:
        results[name] = _run(SUITES[name])
        told = {known: asdict(results[known]) for known in SUITES if known in results}
        FILE.write_text(f"{json.dumps(told, indent=2)}\n", "utf-8")
        sys.stdout.write(f"{name}: {results[name]}\n")
    return 1 if any(results[name].failed for name in names) else 0


def read_results() -> dict[str, SuiteResult]:
    """Return how each suite ended when it was run last."""
    if not FILE.is_file():
        return {}
    told = json.loads(FILE.read_text("utf-8"))
    return {name: SuiteResult(**result) for name, result in told.items()}


def _run(suite: Suite) -> SuiteResult:
    """Run a suite; one that ends without counting its cases has failed."""
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "cases.xml"
        options = f"{os.environ.get('PYTEST_ADDOPTS', '')} --junitxml={counted}"
        subprocess.run(
            suite.words,
            cwd=REPOSITORY,
            env={**os.environ, **suite.variables, "PYTEST_ADDOPTS": options.strip()},
            check=False,
        )
        if not counted.is_file():
            cases = {**dict.fromkeys(_COUNTED, 0), "failures": 1}
        else:
            (told,) = ET.parse(counted).getroot()  # noqa: S314 # pytest's own
            cases = {name: int(told.attrib[name]) for name in _COUNTED}
    failed = cases["failures"] + cases["errors"]
    passed = max(cases["tests"] - failed - cases["skipped"], 0)
    day, commit = datetime.now(UTC).date().isoformat(), short_commit()
    return SuiteResult(passed, failed, cases["skipped"], day, commit)


if __name__ == "__main__":
    sys.exit(main())
