"""Decides where the nodes of a plan run: in this environment, on top of it, or in their own.

Nothing is installed or started here.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
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
from aml_pipelines.pipeline.kinds import node_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aml_pipelines.pipeline.environments.read import Environment
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
    chosen: dict[str, Choice] = {}
    notes: dict[str, None] = {}  # dictionaries as sets that keep their order
    problems: dict[str, None] = {}
    for name, node in plan.all_nodes.items():
        chosen[name] = Choice(policy.packages)
        if refusal := node_kind(node.component.kind).refusal(node.component):
            problems[f"{node.place}: job {node.name!r} {refusal}"] = None
        if stand_in := node_kind(node.component.kind).STAND_IN:
            allowed = f"{node.component.kind}={stand_in}"
            if allowed not in policy.stand_ins:
                problems[_no_stand_in(node, allowed)] = None
            notes[f"{stand_in} stands in for Azure's {node.component.kind}: its results differ"] = (
                None
            )
            chosen[name] = _with_stand_in(node, policy)
            continue
        environment = node.component.environment
        if environment is None:
            continue
        try:
            asked = asked_by(environment, plan.locations.assets, plan.locations.addresses)
        except UnknownEnvironmentError as error:
            notes[_unknown(environment, error)] = None
            continue
        of_driver = (*policy.provided, *node_kind(node.component.kind).DRIVER_PACKAGES)
        asked = asked.without(of_driver)
        chosen[name] = _choice(asked, policy)
        if not chosen[name].is_own:
            notes |= dict.fromkeys(_notes(environment, asked))
        problems |= dict.fromkeys(_problems(environment, asked, policy))
    if problems:
        raise PipelineError(*problems)
    return Choices(chosen, tuple(notes))


def _no_stand_in(node: PlannedNode, allowed: str) -> str:
    return (
        f"{node.place}: job {node.name!r} is of type {node.component.kind!r}, which only Azure's "
        f"service runs; add --stand-in {allowed} to have it run by that in its place"
    )


def _with_stand_in(node: PlannedNode, policy: Policy) -> Choice:
    packages = node_kind(node.component.kind).STAND_IN_PACKAGES
    asked = Asked(packages=tuple(Requirement(package) for package in packages))
    return Choice((*(packages if differences(asked) else ()), *policy.packages))


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
