"""`champion`: which version of a model is the champion; go back to the one before; promote it.

A release is promoted by its files: `--save` where it was tried, `--load` where it goes. The version
keeps its name, number, content and tags, and nobody needs rights in both workspaces.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import (
    add_azure_arguments,
    asked_target,
    explained,
    workspace_client,
)
from aml_pipelines.azure.deployments import CHAMPION, champion_reference
from aml_pipelines.failure import CommandFailedError
from aml_pipelines.local.problems import PipelineError
from aml_pipelines.local.progress import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Model

CARD = "card.json"
CONTENT = "content"  # the tag in which training fingerprints what a model has learnt


@dataclass(frozen=True)
class Card:
    """A model version as it was registered, beside its files in the folder `files`."""

    name: str
    version: str
    type: str
    description: str
    tags: Mapping[str, str]
    files: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="NAME[:VERSION]", help="without a version, its champion")
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument(
        "--roll-back", action="store_true", help="make the champion before this one champion again"
    )
    doing.add_argument("--save", type=Path, metavar="FOLDER", help="download the version")
    doing.add_argument("--load", type=Path, metavar="FOLDER", help="register what --save wrote")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target, model = asked_target(arguments), str(arguments.model)
    if arguments.roll_back and ":" in model:
        raise PipelineError(f"--roll-back starts at the champion; name the model alone: {model!r}")
    if arguments.dry_run:
        say(_dry_run(arguments, model))
        return 0
    with explained(target, f"champion {model}"):
        client = workspace_client(target, interactive=arguments.login)
        if arguments.roll_back:
            _roll_back(client, model)
        elif arguments.load:
            _load(client, model, arguments.load)
        elif arguments.save:
            _save(_found(client, model), client, arguments.save)
        else:
            found = _found(client, model)
            say(f"{found.name}:{found.version}: {found.description}")
    return 0


def _dry_run(arguments: argparse.Namespace, model: str) -> str:
    if arguments.roll_back:
        return f"take the tag {CHAMPION} off the newest champion of {model}"
    if arguments.save:
        return f"download {model} into {arguments.save}"
    return f"register {model} from {arguments.load}" if arguments.load else f"GET {model}"


def _found(client: MLClient, model: str) -> Model:
    name, _, version = model.partition(":")
    version = version or _champion_version(client, name)
    return client.models.get(name, version)


def _champion_version(client: MLClient, name: str) -> str:
    return champion_reference(client, name).rpartition(":")[2]


def _roll_back(client: MLClient, name: str) -> None:
    champions = sorted(
        (item for item in client.models.list(name) if (item.tags or {}).get(CHAMPION) == "true"),
        key=lambda item: int(item.version or 0),
    )
    if len(champions) <= 1:
        raise CommandFailedError(f"model {name!r} has no champion before to go back to")
    before, newest = champions[-2:]
    newest.tags = {**newest.tags, CHAMPION: "false"}
    client.models.create_or_update(newest)
    say(f"{name}:{before.version} is champion again; {name}:{newest.version} is not")


def _save(model: Model, client: MLClient, folder: Path) -> None:
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    if any(files.iterdir()):
        raise CommandFailedError(f"{files} is not empty; name a folder that is")
    client.models.download(str(model.name), str(model.version), download_path=files)
    (root,) = (file.parent for file in files.rglob("MLmodel"))
    card = Card(
        name=str(model.name),
        version=str(model.version),
        type=str(model.type),
        description=model.description or "",
        tags=dict(model.tags or {}),
        files=str(root.relative_to(folder)),
    )
    (folder / CARD).write_text(json.dumps(asdict(card), indent=2), encoding="utf-8")
    say(f"{card.name}:{card.version}: saved in {folder}")


def _load(client: MLClient, asked: str, folder: Path) -> None:
    from azure.ai.ml.entities import Model  # noqa: PLC0415 # dry runs do without the SDK

    card = _card(folder)
    named = f"{card.name}:{card.version}"
    if asked not in (card.name, named):
        raise CommandFailedError(f"{folder} holds {named}, not {asked}")
    if _is_there(client, card):
        say(f"{named}: unchanged")
        return
    client.models.create_or_update(
        Model(
            name=card.name,
            version=card.version,
            type=card.type,
            description=card.description,
            path=folder / card.files,
            tags={**card.tags, CHAMPION: "true"},
        )
    )
    say(f"{named}: registered, with the content {card.tags.get(CONTENT, 'unknown')}")


def _card(folder: Path) -> Card:
    try:
        return Card(**json.loads((folder / CARD).read_text(encoding="utf-8")))
    except OSError as error:
        raise PipelineError(
            f"{folder / CARD} cannot be read: {error.strerror}; --save FOLDER writes one"
        ) from error


def _is_there(client: MLClient, card: Card) -> bool:
    """Tell whether the version is registered with this content; raises when with another."""
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 # same

    try:
        found = client.models.get(card.name, card.version)
    except ResourceNotFoundError:
        return False
    if (found.tags or {}).get(CONTENT) == card.tags.get(CONTENT):
        return True
    raise CommandFailedError(
        f"{card.name}:{card.version} is registered with other content, and versions never change; "
        "a workspace that takes promoted models must not register its own under their names"
    )
