"""`champion`: print which version of a model is its champion, or make the one before it that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.deployments import CHAMPION, champion_of, champions_of
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import MLClient


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="NAME")
    parser.add_argument(
        "--roll-back", action="store_true", help="make the champion before this one champion again"
    )
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target, name = asked_target(arguments), str(arguments.model)
    if arguments.dry_run:
        taken = f"take the tag {CHAMPION} off the newest champion of {name}"
        say(taken if arguments.roll_back else f"GET models/{name} of {target.workspace.name}")
        return 0
    with workspace_of(arguments, target, f"champion {name}") as client:
        if arguments.roll_back:
            _roll_back(client, name)
        else:
            say(f"{name}:{champion_of(client, name).version}")
    return 0


def _roll_back(client: MLClient, name: str) -> None:
    champions = champions_of(client, name)
    if len(champions) <= 1:
        raise CommandFailedError(f"model {name!r} has no champion before to go back to")
    before, newest = champions[-2:]
    # The tag stays with another value, as a trace that this version was champion.
    newest.tags = {**(newest.tags or {}), CHAMPION: "false"}
    client.models.create_or_update(newest)
    say(f"{name}:{before.version} is champion again; {name}:{newest.version} is not")
