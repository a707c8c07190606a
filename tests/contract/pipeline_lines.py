"""The lines that agents type for a pipeline of devops_pipelines, with its variables filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.contract.files import REPOSITORY, read_yaml
from tests.contract.pipelines_expanded import Expansion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEVOPS = REPOSITORY / "devops_pipelines"
VARIABLES = {
    name: read_yaml(DEVOPS / f"variables/{name}.yml")["variables"] for name in ("dev", "prod")
}
VERB = ".venv/bin/python -m aml_pipelines "
PREDEFINED = {
    "Build.ArtifactStagingDirectory": "staging",
    "Build.BuildId": "7",
    "System.StageAttempt": "1",
}


def scripts(node: object) -> Iterator[str]:
    """Return every line that an agent types."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("script", "inlineScript", "run"):
                yield from str(value).splitlines()
            else:
                yield from scripts(value)
    if isinstance(node, list):
        for item in node:
            yield from scripts(item)


def stages(file: Path, branch: str, **given: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Expansion(branch).pipeline(file, given)["stages"]
    return found


def target_of(stage: dict[str, Any]) -> str:
    return str(stage["variables"][0]["target"])


def filled(line: str, variables: dict[str, str]) -> str:
    return re.sub(r"\$\(([\w.]+)\)", lambda name: variables[name[1]], line)


def typed(file: Path, branch: str, **given: str) -> list[str]:
    """Return the lines of a pipeline with the variables of their stage filled in."""
    found = []
    for stage in stages(file, branch, **given):
        stated = stage.get("variables", [{}])[0] | PREDEFINED
        found += [filled(line, stated) for line in scripts(stage)]
    return found
