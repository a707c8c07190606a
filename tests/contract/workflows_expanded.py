"""GitHub's workflows as its runner types them: inputs, conditions and this repository's actions.

Read is the small part of their language used here: `==`, `!=`, `&&`, `||`, names and quoted texts
in expressions, and actions that are composite. Anything else raises WorkflowError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract.agent_shell import AgentShell, Command
from tests.contract.files import REPOSITORY
from tests.contract.pipelines_stated import read_distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((REPOSITORY / ".github" / "actions").glob("*/action.yml"))
_HOLE = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")
_QUOTED = re.compile(r"'([^']*)'")
# What GitHub sets by itself, for the seventh run in its first attempt.
_RUN = {"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1"}


class WorkflowError(ValueError):
    """A workflow says what GitHub would refuse, or what this does not read."""


@dataclass
class Job:
    """What one job of a workflow does, once it is started."""

    environment: str
    needs: list[str]
    minutes: int
    group: str
    commands: list[Command] = field(default_factory=list)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def triggers(file: Path) -> dict[str, Any]:
    """Return what starts a workflow: YAML takes the key `on` for a truth."""
    document: dict[Any, Any] = read_distinct(file)
    started: dict[str, Any] = document[True]
    return started


def inputs(file: Path) -> dict[str, dict[str, Any]]:
    """Return what a workflow asks of whoever starts it by hand."""
    by_hand = triggers(file).get("workflow_dispatch") or {}
    asked: dict[str, dict[str, Any]] = by_hand.get("inputs", {})
    return asked


def by_hand(file: Path, **given: str) -> dict[str, str]:
    """Return the inputs of a workflow that is started by hand, of which some are changed."""
    asked = inputs(file)
    if given.keys() - asked:
        raise WorkflowError(f"{file.name}: has no inputs {sorted(given.keys() - asked)}")
    found = {name: given.get(name, str(item["default"])) for name, item in asked.items()}
    for name, value in found.items():
        if value not in asked[name].get("options", [value]):
            raise WorkflowError(f"{file.name}: {name!r} is {value!r}, none of its options")
    return found


def jobs(
    file: Path,
    branch: str,
    given: Mapping[str, str],
    folder: Path,
    *,
    event: str = "workflow_dispatch",
) -> list[Job]:
    """Type a workflow's jobs on `branch`, each in a folder of its own; raises WorkflowError.

    `given` are the inputs. A workflow that the clock or a push starts has none: not even defaults.
    """
    asked = {f"inputs.{name}": given.get(name, "") for name in inputs(file)}
    started = {**asked, "github.ref_name": branch, "github.run_attempt": "1"}
    started["github.event_name"] = event
    return [
        _Runner(file, started, folder / file.stem / name).job(stated)
        for name, stated in read_distinct(file)["jobs"].items()
        if "if" not in stated or evaluated(str(stated["if"]), started)
    ]


class _Runner:
    """A machine that a job has to itself."""

    def __init__(self, file: Path, started: Mapping[str, str], folder: Path) -> None:
        self._file = file
        self._names = {**started, "runner.temp": str(folder)}
        self._shell = AgentShell(folder)
        self._exported = folder / "exported.txt"
        self._exported.touch()
        self._variables: dict[str, str] = {}

    def job(self, stated: dict[str, Any]) -> Job:
        environment = filled(stated.get("environment", ""), self._names)
        needs = stated.get("needs", [])
        self._variables = {**_RUN, "RUNNER_TEMP": str(self._shell.folder)}
        self._variables |= {"GITHUB_ENV": str(self._exported)}
        self._variables |= _all_filled(stated.get("env", {}), self._names)
        group = filled(stated.get("concurrency", ""), self._names)
        job = Job(environment, needs, stated["timeout-minutes"], group)
        self._type(stated["steps"], self._names, job)
        return job

    def _type(self, steps: list[dict[str, Any]], names: Mapping[str, str], job: Job) -> None:
        for step in steps:
            condition = str(step.get("if", "always()"))
            if condition != "always()" and not evaluated(condition, names):
                continue
            known = {**names, **{f"env.{key}": text for key, text in self._variables.items()}}
            if "uses" in step:
                given = _all_filled(step.get("with", {}), known)
                job.used.append((str(step["uses"]), given))
                self._use(str(step["uses"]), given, job)
                continue
            if _HOLE.search(step["run"]):
                raise WorkflowError(
                    f"{self._file.name}: an expression is pasted in {step['run']!r}"
                )
            variables = {**self._variables, **_all_filled(step.get("env", {}), known)}
            job.commands += self._shell.types(step["run"], variables)
            lines = self._exported.read_text("utf-8").splitlines()
            self._variables |= dict(line.split("=", 1) for line in lines)

    def _use(self, name: str, given: Mapping[str, str], job: Job) -> None:
        if not name.startswith("./"):
            return
        document = read_distinct(REPOSITORY / name / "action.yml")
        declared = document.get("inputs", {})
        lacking = {key for key, item in declared.items() if item.get("required")} - given.keys()
        if lacking or given.keys() - declared:
            raise WorkflowError(f"{name}: given {sorted(given)}, takes {sorted(declared)}")
        names = {key: text for key, text in self._names.items() if not key.startswith("inputs.")}
        names |= {
            f"inputs.{key}": given.get(key, str(item.get("default", "")))
            for key, item in declared.items()
        }
        self._type(document["runs"]["steps"], names, job)


def _all_filled(stated: Mapping[str, object], names: Mapping[str, str]) -> dict[str, str]:
    return {key: filled(value, names) for key, value in stated.items()}


def filled(stated: object, names: Mapping[str, str]) -> str:
    """Fill in the expressions of a text; raises WorkflowError."""
    return _HOLE.sub(lambda hole: evaluated(hole[1], names), str(stated))


def evaluated(words: str, names: Mapping[str, str]) -> str:
    """Evaluate an expression; what is false is empty. Raises WorkflowError."""
    value = ""
    for alternative in words.split(" || "):
        for term in alternative.split(" && "):
            value = _term(term, names)
            if not value:
                break
        if value:
            break
    return value


def _term(words: str, names: Mapping[str, str]) -> str:
    for sign, wanted in ((" == ", True), (" != ", False)):
        left, found, right = words.partition(sign)
        if found:
            return "true" if (_named(left, names) == _named(right, names)) is wanted else ""
    return _named(words, names)


def _named(words: str, names: Mapping[str, str]) -> str:
    quoted = _QUOTED.fullmatch(words)
    if quoted:
        return quoted[1]
    if words not in names:
        raise WorkflowError(f"{words!r} is neither known nor read here")
    return names[words]


def runs(node: object) -> Iterator[str]:
    """Return the lines that a workflow or an action types, as they stand."""
    if isinstance(node, dict):
        for key, value in node.items():
            is_script = key == "run" and isinstance(value, str)  # a job may have that name too
            yield from str(value).splitlines() if is_script else runs(value)
    if isinstance(node, list):
        for item in node:
            yield from runs(item)
