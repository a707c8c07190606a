"""The computes and environments that a job needs in its workspace before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.client import get_or_none
from aml_pipelines.azure.desired import desired_computes, desired_environments
from aml_pipelines.azure.ensure import ensure
from aml_pipelines.azure.render import Document, Rendered, read_job
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.pipeline.references import AssetName, local_path, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from azure.ai.ml import MLClient

    from conf.target import Target


@dataclass(frozen=True)
class Needs:
    """Names of computes, and environments as NAME:VERSION or NAME@LABEL."""

    computes: tuple[str, ...]
    environments: tuple[str, ...]


def needs_of(rendered: Rendered) -> Needs:
    """Return what a job and its components need of the workspace; a registry's are always there."""
    documents = list(_documents(rendered.document, rendered.origin.parent))
    computes = _named(documents, "compute", "default_compute")
    return Needs(computes, _named(documents, "environment"))


def _named(documents: list[Document], *keys: str) -> tuple[str, ...]:
    values = [str(document.get(key, "")) for document in documents for key in keys]
    # A registry's environments (azureml://registries/…) are always there.
    own = [parsed for text in values if isinstance(parsed := parse(text), AssetName)]
    return tuple(dict.fromkeys(str(asset).removeprefix("azureml:") for asset in own))


def provide(client: MLClient, target: Target, rendered: Rendered, *, creates: bool) -> None:
    """Check that the workspace has what a job needs; create what is missing if `creates`.

    Raises CommandFailedError naming all that is missing, before anything is submitted.
    """
    needs = needs_of(rendered)
    missing = [
        *(f"compute {name}" for name in needs.computes if not _has_compute(client, name)),
        *(
            f"environment {reference}"
            for reference in needs.environments
            if not _has_environment(client, reference)
        ),
    ]
    makeable = {f"compute {item.name}": item for item in desired_computes(target)}
    makeable |= {f"environment {item.name}:{item.version}": item for item in desired_environments()}
    lacking = f"workspace {target.workspace.name!r} has no {', '.join(missing)}"
    if missing and not creates:
        raise CommandFailedError(
            f"{lacking}; nothing was submitted: "
            "--create-missing makes it, or bootstrap and register do"
        )
    foreign = [name for name in missing if name not in makeable]
    if foreign:
        raise CommandFailedError(
            f"{lacking}; nothing was submitted: this project has no {', '.join(foreign)} to make: "
            f"register it by other means, or correct {target.file}"
        )
    for name in missing:
        say(f"{name}: {ensure(client, makeable[name])}")


def _documents(document: Document, folder: Path) -> Iterator[Document]:
    """Yield a job, its settings, a sweep's trial, its nodes and their components."""
    yield document
    yield document.get("settings") or {}
    trial = document.get("trial")
    yield from _documents(trial, folder) if isinstance(trial, dict) else ()
    for node in (document.get("jobs") or {}).values():
        yield from _documents(node, folder)
    component: Any = document.get("component")
    if isinstance(component, dict):
        yield from _documents(component, folder)
    elif path := local_path(component):
        file = folder / path
        yield from _documents(read_job(file), file.parent)


def _has_compute(client: MLClient, name: str) -> bool:
    return get_or_none(lambda: client.compute.get(name)) is not None


def _has_environment(client: MLClient, reference: str) -> bool:
    asset = parse(f"azureml:{reference}")
    if not isinstance(asset, AssetName):
        return False
    if asset.label:
        return bool(get_or_none(lambda: list(client.environments.list(name=asset.name))))
    return get_or_none(lambda: client.environments.get(asset.name, asset.version)) is not None
