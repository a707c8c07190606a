"""Decides where the nodes of a plan run: in this environment, on top of it, or in their own.

Nothing is installed or started here.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.environments.asked import Asked
from aml_pipelines.pipeline.environments.find import UnknownEnvironmentError, asked_by
from aml_pipelines.pipeline.environments.installed import (
    RUNNING,
    Difference,
    differences,
    missing_programs,
)
from aml_pipelines.pipeline.environments.programs import missing_program
from aml_pipelines.pipeline.kinds import node_kind
from conf.yaml_lines import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aml_pipelines.pipeline.environments.read import Environment
    from aml_pipelines.pipeline.kinds import NodeKind
    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.plan import Plan, PlannedNode


@dataclass(frozen=True)
class Policy:
    """What the user allows: to build environments, to add packages to this one, to use stand-ins.

    A stand-in is a KIND=PROGRAM: nodes of that kind are run by it, not by Azure's service. Packages
    that are `provided` are asked for by Azure's own driver, in whose place another one runs here.
    """

    builds: bool = False
    packages: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()


ONLY_THIS = Policy()
_ANYWHERE = Place(Path(), 0)


@dataclass(frozen=True)
class Choice:
    """The environment of a node; `packages` are installed on top of this one, or on nothing."""

    packages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    python: str = ""
    is_own: bool = False

    @property
    def is_this(self) -> bool:
        return not self.packages and not self.is_own

    @property
    def key(self) -> str:
        """A hash of all that is installed; empty for this project's own environment."""
        if self.is_this:
            return ""
        parts = [self.packages, self.options, self.python, self.is_own, RUNNING]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Choices:
    """The environments of a plan's nodes, and what is to be said of them once."""

    nodes: Mapping[str, Choice]
    notes: tuple[str, ...]


def choose_environments(plan: Plan, policy: Policy) -> Choices:
    """Return where each node of `plan` runs.

    Raises PipelineError that names, for every environment, what it asks for and is not here, with
    the option that helps.
    """
    _require_packages(policy)
    choosing = _Choosing(plan.locations, policy)
    chosen = {name: choosing.choice(node) for name, node in plan.all_nodes.items()}
    if choosing.problems:
        raise PipelineError(*choosing.problems)
    return Choices(chosen, tuple(choosing.notes))


@dataclass(frozen=True)
class _Choosing:
    """The choices for the nodes of a plan, and what is to be said of them, each once."""

    locations: Locations
    policy: Policy
    notes: dict[str, None] = field(default_factory=dict)  # dictionaries as sets that keep order
    problems: dict[str, None] = field(default_factory=dict)
    asked: dict[Environment, Asked] = field(default_factory=dict)

    def choice(self, node: PlannedNode) -> Choice:
        kind = node_kind(node.component.kind)
        if refusal := kind.refusal(node.component):
            self.problems[f"{node.place}: job {node.name!r} {refusal}"] = None
        if kind.STAND_IN:
            return self._of_stand_in(node, kind)
        environment = node.component.environment
        if environment is None:
            return Choice(self.policy.packages)
        try:
            asked = self._asked_by(environment)
        except UnknownEnvironmentError as error:
            self.notes[_unknown(environment, error)] = None
            self._require_program(node, kind)
            return Choice(self.policy.packages)
        asked = asked.without((*self.policy.provided, *kind.DRIVER_PACKAGES))
        choice = _choice(asked, self.policy)
        if not choice.is_own:
            self.notes.update(dict.fromkeys(_notes(environment, asked)))
        problems = dict.fromkeys(_problems(environment, asked, self.policy))
        self.problems.update(problems)
        if choice.is_this and not problems:
            self._require_program(node, kind)
        return choice

    def _asked_by(self, environment: Environment) -> Asked:
        """Read what an environment asks for once, in however many places it is stated."""
        same = replace(environment, place=_ANYWHERE)
        if same not in self.asked:
            found = asked_by(environment, self.locations.assets, self.locations.addresses)
            self.asked[same] = found
        return self.asked[same]

    def _require_program(self, node: PlannedNode, kind: NodeKind) -> None:
        if not kind.IS_SHELL or self.policy.packages:
            return
        if program := missing_program(node.component.template):
            problem = (
                f"{node.place}: job {node.name!r} runs {program!r}, which is not on this machine; "
                "install it, or add the Python package that brings it by --with"
            )
            self.problems[problem] = None

    def _of_stand_in(self, node: PlannedNode, kind: NodeKind) -> Choice:
        name = node.component.kind
        allowed = f"{name}={kind.STAND_IN}"
        if allowed not in self.policy.stand_ins:
            problem = (
                f"{node.place}: job {node.name!r} is of type {name!r}, which only Azure's service "
                f"runs; add --stand-in {allowed} to have it run by that in its place"
            )
            self.problems[problem] = None
        note = f"{kind.STAND_IN} stands in for Azure's {name}: its results differ"
        self.notes[note] = None
        asked = Asked(packages=tuple(map(Requirement, kind.STAND_IN_PACKAGES)))
        added = kind.STAND_IN_PACKAGES if differences(asked) else ()
        return Choice((*added, *self.policy.packages))


def _require_packages(policy: Policy) -> None:
    for text in policy.packages:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            raise PipelineError(
                f"--with {text!r} is no package such as 'torch' or 'torch==2.9': {error}"
            ) from None


def _choice(asked: Asked, policy: Policy) -> Choice:
    if not policy.builds or not differences(asked):
        return Choice(policy.packages)
    packages = [*map(str, asked.packages), *asked.unread, *policy.packages]
    return Choice(tuple(dict.fromkeys(packages)), asked.options, asked.python, is_own=True)


def _problems(environment: Environment, asked: Asked, policy: Policy) -> Iterator[str]:
    if policy.builds:
        lacking = missing_programs(asked)
        help_text = "nothing here can install it: install the program, or leave it out"
    else:
        lacking = tuple(item for item in differences(asked) if not _is_added(item, policy))
        help_text = _help(lacking)
    if lacking:
        named = ", ".join(item.text for item in lacking)
        yield (
            f"{environment.place}: environment {environment.shown} asks for what is not here: "
            f"{named}; {help_text}"
        )


def _help(lacking: Sequence[Difference]) -> str:
    packages = [item.requirement for item in lacking if item.requirement]
    added = " ".join(f"--with {shlex.quote(package)}" for package in packages)
    return f"add --environments build, or {added}" if added else "install it"


def _is_added(difference: Difference, policy: Policy) -> bool:
    names = {canonicalize_name(Requirement(text).name) for text in policy.packages}
    try:
        return canonicalize_name(Requirement(difference.requirement).name) in names
    except InvalidRequirement:
        return False


def _notes(environment: Environment, asked: Asked) -> Iterator[str]:
    if asked.python and asked.python != RUNNING:
        yield (
            f"environment {environment.shown} asks for Python {asked.python}; "
            f"this machine's is {RUNNING}"
        )


def _unknown(environment: Environment, error: UnknownEnvironmentError) -> str:
    return (
        f"environment {environment.shown} is not known here, so its nodes run with this project's "
        f"packages; register it to have it checked ({error})"
    )
