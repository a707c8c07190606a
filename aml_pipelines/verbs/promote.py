"""`promote`: copy a registered model to another target's workspace, byte for byte.

Nothing is trained again: the other workspace deploys the version that passed the gate here. A model
that was promoted before with the same files stays as it is, except for its release.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import (
    add_azure_arguments,
    asked_target,
    explained,
    get_or_none,
    workspace_client,
)
from aml_pipelines.azure.release import add_release_argument, mark_released, model_named, released
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.hashing import content_hash
from aml_pipelines.pipeline.references import AssetName
from aml_pipelines.targets import command_target
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import MLClient

    from conf.target import Target

PROMOTED_FROM, CONTENT = "promoted_from", "promoted_content"


@dataclass(frozen=True)
class Fetched:
    """A model version that was downloaded: its reference, its tags and its files."""

    reference: str
    kind: str
    description: str
    tags: dict[str, str]
    folder: Path

    @property
    def content(self) -> str:
        return content_hash(self.folder)[:16]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="NAME[:VERSION]", help="without a version, its champion")
    parser.add_argument(
        "--from", dest="source", required=True, metavar="TARGET", help="where the model is"
    )
    add_release_argument(parser, "the version that carries it, and no other")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    source = command_target(arguments.source)
    if source.workspace == target.workspace:
        raise UserError(f"--from {source.name!r} is the same workspace as {target.name!r}")
    if arguments.dry_run:
        which = f" of release {arguments.release}" if arguments.release else ""
        say(
            f"model {arguments.model}{which}: from workspace {source.workspace.name} "
            f"to {target.workspace.name}, with its tags"
        )
        return 0
    source.require_complete()
    with tempfile.TemporaryDirectory() as folder:
        # Two blocks: an error names the workspace that it comes from.
        with explained(source, f"promote {arguments.model}"):
            fetched = fetch(source, arguments, Path(folder))
        with explained(target, f"promote {arguments.model}"):
            client = workspace_client(target, interactive=arguments.login)
            say(put(client, fetched, arguments.release))
    return 0


def fetch(source: Target, arguments: argparse.Namespace, folder: Path) -> Fetched:
    """Download a model version; raises CommandFailedError when there is none to promote."""
    client = workspace_client(source, interactive=arguments.login)
    name, version = _version(client, source, arguments)
    model = client.models.get(name, version)
    client.models.download(name, version, download_path=str(folder))
    # The client lays the model in a folder whose name depends on how it was registered.
    files = sorted(folder.rglob("MLmodel"))
    if len(files) != 1:
        raise CommandFailedError(
            f"model {name}:{version} of {source.name!r} has {len(files)} files named MLmodel; "
            "only an MLflow model is promoted"
        )
    return Fetched(
        reference=f"{source.workspace.name}/{name}:{version}",
        kind=str(model.type),
        description=str(model.description or ""),
        tags={str(key): str(value) for key, value in (model.tags or {}).items()},
        folder=files[0].parent,
    )


def _version(client: MLClient, source: Target, arguments: argparse.Namespace) -> tuple[str, str]:
    stated = str(arguments.model)
    if arguments.release:
        carrying = released(client, stated, arguments.release)
        if not carrying:
            raise CommandFailedError(
                f"no version of model {stated!r} carries release {arguments.release!r} in "
                f"{source.name!r}: it was not deployed there, or again since by another release; "
                f"deploy it there first: python -m aml_pipelines deploy online --model {stated} "
                f"--release {arguments.release} --target {source.option}"
            )
        return str(carrying.name), str(carrying.version)
    model = model_named(client, stated)
    return model.name, model.version


def put(client: MLClient, fetched: Fetched, release: str | None) -> str:
    """Register the files under the same name, unless they are registered; return the version."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415 # dry runs do without the SDK

    name = fetched.reference.partition("/")[2].partition(":")[0]
    marks = {PROMOTED_FROM: fetched.reference, CONTENT: fetched.content}
    # Promoting twice must register nothing twice: equal files from the same version are found.
    for model in get_or_none(lambda: list(client.models.list(name))) or []:
        if marks.items() <= (model.tags or {}).items():
            if release:
                mark_released(client, str(AssetName(name, str(model.version))), release)
            return f"model {name}:{model.version}: unchanged, it is {fetched.reference}"
    model = Model(
        name=name,
        type=fetched.kind,
        description=fetched.description,
        path=str(fetched.folder),
        # The champion's tag comes along: the gate that set it has judged these bytes.
        tags={**fetched.tags, **marks},
    )
    registered = client.models.create_or_update(model)
    return f"model {name}:{registered.version}: registered, it is {fetched.reference}"
