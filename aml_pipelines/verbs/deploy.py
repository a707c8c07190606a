"""`deploy`: deploy a model to a batch endpoint, or to an online one beside the running version.

An online deployment is created without traffic, is sent the rows of `--rows`, and gets its share
only if it scores every row. The deployment before stays, so that a roll-back is one command. A
release that is deployed already is not deployed again: a stage that failed may be run again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import add_azure_arguments, asked_target, get_or_none, workspace_of
from aml_pipelines.azure.deployments import (
    COLORS,
    deployment_documents,
    endpoint_document,
    load,
    stated_model,
)
from aml_pipelines.azure.endpoints import ask, read_rows
from aml_pipelines.azure.release import RELEASE, add_release_argument, chosen_version, mark_released
from aml_pipelines.azure.traffic import (
    ALL,
    Traffic,
    mark_untried,
    read_traffic,
    roll_back,
    set_newest,
    set_traffic,
)
from aml_pipelines.azure.waiting import ended
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.pipeline.references import AssetName, asset_name
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import MLClient

    from conf.target import Target

MODEL = "model"  # the tag of a deployment that names its model with its version


@dataclass(frozen=True)
class OnlineRelease:
    """An online deployment to create: its model and release, its share, and rows to try it with."""

    model: str
    share: int
    rows: Path | None
    release: str | None

    @property
    def marks(self) -> dict[str, str]:
        """The tags by which a deployment is known to be of this release."""
        return {RELEASE: self.release, MODEL: self.model} if self.release else {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=("batch", "online"))
    parser.add_argument(
        "--model", metavar="NAME[:VERSION]", help="the model; without a version, its champion"
    )
    parser.add_argument(
        "--traffic", type=int, metavar="PERCENT", help="online: the share of the new one (100)"
    )
    parser.add_argument(
        "--rows", type=Path, help="online: rows that the new one must score before it has traffic"
    )
    add_release_argument(
        parser, "deploy the version that carries it, or put it on the one that is deployed"
    )
    moving = parser.add_mutually_exclusive_group()
    moving.add_argument(
        "--newest", action="store_true", help="online: give --traffic to what was deployed last"
    )
    moving.add_argument(
        "--roll-back", action="store_true", help="online: give all traffic to the other one again"
    )
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    share = _share(arguments)
    if arguments.dry_run:
        sys.stdout.write(_dry_run(arguments, target, share))
        return 0
    with workspace_of(arguments, target, f"deploy {arguments.kind}") as client:
        if arguments.roll_back or arguments.newest:
            name = str(endpoint_document("online", target).document["name"])
            say(roll_back(client, name) if arguments.roll_back else set_newest(client, name, share))
            return 0
        stated = arguments.model or stated_model(arguments.kind)
        model = chosen_version(client, stated, arguments.release)
        if arguments.kind == "online":
            online = OnlineRelease(model, share, arguments.rows, arguments.release)
            _deploy_online(client, target, online)
        else:
            _deploy_batch(client, target, model)
        if arguments.release:
            mark_released(client, model, arguments.release)
    return 0


def _share(arguments: argparse.Namespace) -> int:
    moves_only = arguments.roll_back or arguments.newest
    if arguments.kind == "batch" and (arguments.traffic is not None or moves_only):
        raise UserError(
            "a batch endpoint has no traffic to share: --traffic, --newest and --roll-back are "
            "online's"
        )
    if moves_only and (arguments.model or arguments.rows or arguments.release):
        raise UserError(
            "--newest and --roll-back deploy nothing: they take no --model, --rows or --release"
        )
    share = ALL if arguments.traffic is None else int(arguments.traffic)
    if not 0 <= share <= ALL:
        raise UserError(f"--traffic {share} is no percentage; it is from 0 to 100")
    return share


def _dry_run(arguments: argparse.Namespace, target: Target, share: int) -> str:
    endpoint = endpoint_document(arguments.kind, target)
    if arguments.roll_back:
        return f"# traffic\nthe deployment before the newest: {ALL}\n"
    if arguments.newest:
        return f"# traffic\nthe newest deployment: {share}\n"
    name = arguments.model or stated_model(arguments.kind)
    model = str(asset_name(f"azureml:{name}") or AssetName(name, "<its champion>"))
    if arguments.release:
        model += f" or what release {arguments.release} has deployed"
    deployments = deployment_documents(arguments.kind, target, model=model, color=COLORS[0])
    texts = [f"# endpoint\n{endpoint.text}"]
    texts += [f"# deployment\n{item.text}" for item in deployments]
    if arguments.kind == "online":
        texts.append(f"# traffic\n{COLORS[0]}: {share}\n")
    return "---\n".join(texts)


def _deploy_batch(client: MLClient, target: Target, model: str) -> None:
    endpoint = endpoint_document("batch", target)
    ended(client.batch_endpoints.begin_create_or_update, load(endpoint, "batch"))
    for rendered in deployment_documents("batch", target, model=model, color=""):
        deployment = load(rendered, "batch")
        ended(client.batch_deployments.begin_create_or_update, deployment)
        say(f"deployment {deployment.name}: {model if deployment.type == 'model' else 'ready'}")
    current = client.batch_endpoints.get(endpoint.document["name"])
    # Only the first time: somebody may have made another one the default since.
    if not (current.defaults and current.defaults.deployment_name):
        current.defaults = {"deployment_name": "files"}
        ended(client.batch_endpoints.begin_create_or_update, current)
    say(f"endpoint {endpoint.document['name']}: {current.scoring_uri}")


def _deploy_online(client: MLClient, target: Target, online: OnlineRelease) -> None:
    endpoint = endpoint_document("online", target)
    name = str(endpoint.document["name"])
    traffic = read_traffic(client, name)
    # A stage that failed after this point is run again without a second container.
    if _is_deployed(client, traffic, online):
        color = traffic.newest
        say(f"deployment {color}: unchanged, it is release {online.release}")
    else:
        color = traffic.idle()
        _put(client, target, online, name, color)
    if online.rows:
        _try(client, name, color, online.rows)
    other = next((item for item, part in traffic.shares.items() if part and item != color), None)
    # what a release was given since then it keeps
    share = (traffic.shares.get(color) or online.share) if other else ALL
    set_traffic(
        client, name, {color: share, **({other: ALL - share} if other else {})}, newest=color
    )
    say(f"deployment {color}: {online.model}, {share} % of the traffic of {name}")


def _is_deployed(client: MLClient, traffic: Traffic, online: OnlineRelease) -> bool:
    """Return whether the newest deployment is of this release: then a stage is run again."""
    if not online.marks or not traffic.newest:
        return False
    deployed = client.online_deployments.get(traffic.newest, traffic.endpoint)
    return online.marks.items() <= dict(deployed.tags or {}).items()


def _put(client: MLClient, target: Target, online: OnlineRelease, name: str, color: str) -> None:
    if not get_or_none(lambda: client.online_endpoints.get(name)):
        endpoint = load(endpoint_document("online", target), "online")
        ended(client.online_endpoints.begin_create_or_update, endpoint)
    # Before it is overwritten: a roll-back while it is being made must not lead to it.
    mark_untried(client, name, color)
    # One: a second file of an online deployment would need a colour of its own.
    (rendered,) = deployment_documents("online", target, model=online.model, color=color)
    deployment = load(rendered, "online")
    deployment.tags = {**(deployment.tags or {}), **online.marks}
    ended(client.online_deployments.begin_create_or_update, deployment)
    # Its own state is the judge, not that the poller came to an end.
    deployed = client.online_deployments.get(color, name)
    if deployed.provisioning_state != "Succeeded":
        raise CommandFailedError(
            f"deployment {color!r} of {name!r} is {deployed.provisioning_state}, without traffic; "
            f"its log: az ml online-deployment get-logs -e {name} -n {color}"
        )


def _try(client: MLClient, name: str, color: str, rows: Path) -> None:
    count = len(json.loads(read_rows(rows))["rows"])
    answer = json.loads(ask(client, name, rows, color))
    # A row that was rejected has no score, and a model that rejects good rows gets no traffic.
    scores = [entry["score"] for entry in answer["scores"] if entry["score"] is not None]
    if len(scores) != count:
        raise CommandFailedError(
            f"deployment {color!r} of {name!r} scored {len(scores)} of the {count} rows in {rows}; "
            "it has no traffic, and the one before has all of it"
        )
    say(f"deployment {color}: scored the {count} rows of {rows}")
