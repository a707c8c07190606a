"""A snapshot holds all that its script imports, and its image the packages; no more is there."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.files import (
    COMPONENTS,
    REPOSITORY,
    components_of,
    read_yaml,
    script_of,
    short_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = {
    "conf": REPOSITORY,
    "spark_jobs": REPOSITORY,
    "assets": REPOSITORY / "components",
    "encoders": REPOSITORY / "components",
    "incidents": REPOSITORY / "components",
    "learning": REPOSITORY / "components",
    "monitoring": REPOSITORY / "components",
    "raw_columns": REPOSITORY / "components" / "serve",
    "scorer": REPOSITORY / "components" / "serve",
}
# What a step sends to the workspace, besides what it imports: the training that `act` submits.
SENT = {"act": {REPOSITORY / "components", REPOSITORY / "aml_pipelines" / "training.yml"}}


def imported_modules(file: Path) -> Iterator[str]:
    """Name what a file imports when it runs, wherever the import stands; not for types alone."""
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def file_of(module: str) -> Path | None:
    """Find the file of a module of ours; a name within a module has none."""
    path = OWN[module.partition(".")[0]].joinpath(*module.split("."))
    files = [path.with_suffix(".py"), path / "__init__.py"]
    return next((file for file in files if file.is_file()), None)


def all_imports(script: Path) -> set[str]:
    """Name every module that a script imports, and that those of ours import in turn."""
    seen: set[str] = set()
    waiting = list(imported_modules(script))
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        file = file_of(module) if module.partition(".")[0] in OWN else None
        if file:
            waiting += imported_modules(file)
    return seen


def distributions_needed(script: Path) -> dict[str, set[str]]:
    """Map each package that is not ours or Python's own to the distributions that may bring it."""
    bring = packages_distributions()
    packages = {module.partition(".")[0] for module in all_imports(script)}
    foreign = packages - set(OWN) - set(sys.stdlib_module_names)
    return {name: {canonicalize_name(d) for d in bring[name]} for name in foreign}


def with_requirements(pinned: set[str]) -> set[str]:
    """Add what the pinned distributions require in turn."""
    found: set[str] = set()
    waiting = list(pinned)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            required = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        waiting += [
            canonicalize_name(r.name)
            for r in required
            if r.marker is None or r.marker.evaluate({"extra": ""})
        ]
    return found


@pytest.mark.parametrize("component", COMPONENTS, ids=short_name)
def test_everything_that_is_included_exists(component: Path) -> None:
    includes = read_yaml(component)["additional_includes"]
    missing = [name for name in includes if not (component.parent / name).exists()]
    assert not missing


@pytest.mark.parametrize("component", COMPONENTS, ids=short_name)
def test_a_snapshot_includes_what_its_script_imports_and_no_other(
    component: Path,
) -> None:
    stated = read_yaml(component)
    included = {(component.parent / name).resolve() for name in stated["additional_includes"]}
    imported = {module.partition(".")[0] for module in all_imports(script_of(component))}
    needed = [OWN[name] / name for name in imported & set(OWN)]
    sent = SENT.get(component.parent.name, set())
    assert included == sent | {
        path if path.is_dir() else path.with_suffix(".py") for path in needed
    }


@pytest.mark.parametrize("component", components_of("command"), ids=short_name)
def test_the_image_of_a_step_brings_what_its_script_imports(component: Path) -> None:
    reference = re.fullmatch(r"azureml:(\w+):(\w+)", read_yaml(component)["environment"])
    assert reference
    folder = REPOSITORY / "environments" / reference[1]
    environment = read_yaml(folder / "environment.yml")
    assert (environment["name"], environment["version"]) == reference.groups()
    *_, pip = read_yaml(folder / environment["conda_file"])["dependencies"]
    image = with_requirements({str(pin).partition("==")[0] for pin in pip["pip"]})
    needed = distributions_needed(script_of(component))
    lacking = sorted(name for name, bringing in needed.items() if not bringing & image)
    assert not lacking
