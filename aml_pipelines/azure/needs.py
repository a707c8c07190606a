"""What a job needs in its workspace before it starts: computes and environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.ensure import ensure
from aml_pipelines.azure.render import Document, Rendered, read_job
from aml_pipelines.azure.wanted import Wanted, wanted_computes, wanted_environments
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
    known = {("compute", item.name): item for item in wanted_computes(target)}
    known |= {("environment", item.name): item for item in wanted_environments()}
    missing = [
        *(("compute", name, "") for name in needs.computes if not _has_compute(client, name)),
        *(
            ("environment", name, version)
            for name, version in needs.environments
            if not _has_environment(client, name, version)
        ),
    ]
    makeable = [known.get((kind, name)) for kind, name, _ in missing] if creates else []
    if missing and not (makeable and all(makeable)):
        listed = ", ".join(f"{kind} {name}{':' * bool(v)}{v}" for kind, name, v in missing)
        raise CommandFailedError(
            f"workspace {target.workspace.name!r} has no {listed}; nothing was submitted: "
            "--create-missing makes it, or bootstrap and register do"
        )
    for item in makeable:
        if item:
            _make(client, item)


def _make(client: MLClient, wanted: Wanted) -> None:
    say(f"{wanted.kind} {wanted.name}: {ensure(client, wanted)}")


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
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 # dry runs do without

    try:
        client.compute.get(name)
    except ResourceNotFoundError:
        return False
    return True


def _has_environment(client: MLClient, name: str, version: str) -> bool:
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 # same

    try:
        client.environments.get(name, version)
    except ResourceNotFoundError:
        return False
    return True
