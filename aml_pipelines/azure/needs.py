"""What a job needs in its workspace before it starts: computes and environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.client import found
from aml_pipelines.azure.ensure import ensure
from aml_pipelines.azure.render import Document, Rendered, read_job
from aml_pipelines.azure.wanted import wanted_computes, wanted_environments
from aml_pipelines.failure import CommandFailedError
from aml_pipelines.local.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from azure.ai.ml import MLClient

    from conf.target import Target


@dataclass(frozen=True)
class Needs:
    """Names of computes, and names with versions of environments."""

    computes: tuple[str, ...]
    environments: tuple[tuple[str, str], ...]


def needs_of(rendered: Rendered) -> Needs:
    """Find the registered computes and environments that a job and its components name."""
    documents = list(_documents(rendered.document, rendered.origin.parent))
    computes = [
        str(document[key]).removeprefix("azureml:")
        for document in documents
        for key in ("compute", "default_compute")
        if str(document.get(key, "")).startswith("azureml:")
    ]
    environments = [
        str(document["environment"]).removeprefix("azureml:").rpartition(":")
        for document in documents
        if str(document.get("environment", "")).startswith("azureml:")
    ]
    named = [(name, version) for name, _, version in environments]
    return Needs(tuple(dict.fromkeys(computes)), tuple(dict.fromkeys(named)))


def provide(client: MLClient, target: Target, rendered: Rendered, *, creates: bool) -> None:
    """Check that what a job needs is there, and make it if `creates`.

    Raises CommandFailedError naming all that is missing, before anything is submitted.
    """
    needs = needs_of(rendered)
    missing = [
        *(f"compute {name}" for name in needs.computes if not _has_compute(client, name)),
        *(
            f"environment {name}:{version}"
            for name, version in needs.environments
            if not _has_environment(client, name, version)
        ),
    ]
    makeable = {f"compute {item.name}": item for item in wanted_computes(target)}
    makeable |= {f"environment {item.name}:{item.version}": item for item in wanted_environments()}
    told = f"workspace {target.workspace.name!r} has no {', '.join(missing)}"
    if missing and not creates:
        raise CommandFailedError(
            f"{told}; nothing was submitted: "
            "--create-missing makes it, or bootstrap and register do"
        )
    foreign = [name for name in missing if name not in makeable]
    if foreign:
        raise CommandFailedError(
            f"{told}; nothing was submitted: this project has no {', '.join(foreign)} to make: "
            f"register it by other means, or correct {target.file}"
        )
    for name in missing:
        say(f"{name}: {ensure(client, makeable[name])}")


def _documents(document: Document, folder: Path) -> Iterator[Document]:
    """Give a job, its settings, its nodes and the components of those."""
    yield document
    yield document.get("settings") or {}
    for node in (document.get("jobs") or {}).values():
        yield from _documents(node, folder)
    component: Any = document.get("component")
    if isinstance(component, dict):
        yield from _documents(component, folder)
    elif isinstance(component, str) and not component.startswith("azureml:"):
        file = folder / component.removeprefix("file:")
        yield from _documents(read_job(file), file.parent)


def _has_compute(client: MLClient, name: str) -> bool:
    return found(lambda: client.compute.get(name)) is not None


def _has_environment(client: MLClient, name: str, version: str) -> bool:
    return found(lambda: client.environments.get(name, version)) is not None
