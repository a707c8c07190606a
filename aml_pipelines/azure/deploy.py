"""`deploy`: put a model behind a batch or an online endpoint; online beside the one that answers.

An online deployment is made without traffic, asked for the scores of `--rows`, and given its share
only if it answers every row; the deployment before stays, so that going back is one command.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.azure.client import add_azure_arguments, asked_target, found, workspace_of
from aml_pipelines.azure.deployments import (
    COLORS,
    champion_reference,
    deployment_documents,
    endpoint_document,
    load,
    stated_model,
)
from aml_pipelines.azure.invoke import ask, read_rows
from aml_pipelines.failure import CommandFailedError
from aml_pipelines.local.problems import PipelineError
from aml_pipelines.local.progress import say

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import MLClient

    from conf.target import Target

ALL = 100
NEWEST = "newest"  # the tag of an endpoint that names the deployment made last


@dataclass(frozen=True)
class Wanted:
    """An online deployment to be: its model, its share of the traffic, and rows to try it with."""

    model: str
    share: int
    rows: Path | None


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
    parser.add_argument(
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
        if arguments.roll_back:
            _roll_back(client, target)
        elif arguments.kind == "online":
            wanted = Wanted(_model(client, arguments), share, arguments.rows)
            _deploy_online(client, target, wanted)
        else:
            _deploy_batch(client, target, _model(client, arguments))
    return 0


def _share(arguments: argparse.Namespace) -> int:
    if arguments.kind == "batch" and (arguments.traffic is not None or arguments.roll_back):
        raise PipelineError(
            "a batch endpoint has no traffic to share: --traffic and --roll-back are online's"
        )
    share = ALL if arguments.traffic is None else int(arguments.traffic)
    if not 0 <= share <= ALL:
        raise PipelineError(f"--traffic {share} is no percentage; it is from 0 to 100")
    return share


def _dry_run(arguments: argparse.Namespace, target: Target, share: int) -> str:
    endpoint = endpoint_document(arguments.kind, target)
    name = arguments.model or stated_model(arguments.kind)
    model = f"azureml:{name}" if ":" in name else f"azureml:{name}:<its champion>"
    deployments = deployment_documents(arguments.kind, target, model=model, color=COLORS[0])
    texts = [f"# endpoint\n{endpoint.text}"]
    texts += [f"# deployment\n{item.text}" for item in deployments]
    if arguments.kind == "online":
        texts.append(f"# traffic\n{COLORS[0]}: {share}\n")
    return "---\n".join(texts)


def _model(client: MLClient, arguments: argparse.Namespace) -> str:
    name = arguments.model or stated_model(arguments.kind)
    return f"azureml:{name}" if ":" in name else champion_reference(client, name)


def _deploy_batch(client: MLClient, target: Target, model: str) -> None:
    endpoint = endpoint_document("batch", target)
    client.batch_endpoints.begin_create_or_update(load(endpoint, "batch")).result()
    for rendered in deployment_documents("batch", target, model=model, color=""):
        deployment = load(rendered, "batch")
        client.batch_deployments.begin_create_or_update(deployment).result()
        say(f"deployment {deployment.name}: {model if deployment.type == 'model' else 'ready'}")
    current = client.batch_endpoints.get(endpoint.document["name"])
    if not (current.defaults and current.defaults.deployment_name):
        current.defaults = {"deployment_name": "files"}
        client.batch_endpoints.begin_create_or_update(current).result()
    say(f"endpoint {endpoint.document['name']}: {current.scoring_uri}")


def _deploy_online(client: MLClient, target: Target, wanted: Wanted) -> None:
    name = str(endpoint_document("online", target).document["name"])
    before = _traffic(client, target, name)
    color = _idle(before)
    (rendered,) = deployment_documents("online", target, model=wanted.model, color=color)
    client.online_deployments.begin_create_or_update(load(rendered, "online")).result()
    deployed = client.online_deployments.get(color, name)
    if deployed.provisioning_state != "Succeeded":
        raise CommandFailedError(
            f"deployment {color!r} of {name!r} is {deployed.provisioning_state}, without traffic; "
            f"its log: az ml online-deployment get-logs -e {name} -n {color}"
        )
    others = [other for other in before if other != color and before[other]]
    share = wanted.share if others else ALL
    if wanted.rows:
        _try(client, name, color, wanted.rows)
    shares = {color: share, **({others[0]: ALL - share} if others else {})}
    _give(client, name, shares, newest=color)
    say(f"deployment {color}: {wanted.model}, {share} % of the traffic of {name}")


def _try(client: MLClient, name: str, color: str, rows: Path) -> None:
    asked = len(json.loads(read_rows(rows))["rows"])
    answer = json.loads(ask(client, name, rows, color))
    scores = [entry["score"] for entry in answer["scores"] if entry["score"] is not None]
    if len(scores) != asked:
        raise CommandFailedError(
            f"deployment {color!r} of {name!r} scored {len(scores)} of the {asked} rows in {rows}; "
            "it has no traffic, and the one before has all of it"
        )
    say(f"deployment {color}: scored the {asked} rows of {rows}")


def _roll_back(client: MLClient, target: Target) -> None:
    name = str(endpoint_document("online", target).document["name"])
    newest = (client.online_endpoints.get(name).tags or {}).get(NEWEST, "")
    there = {item.name for item in client.online_deployments.list(name)}
    other = next((color for color in COLORS if color in there and color != newest), None)
    if other is None or newest not in there:
        raise CommandFailedError(f"endpoint {name!r} has no other deployment to go back to")
    _give(client, name, {other: ALL, newest: 0}, newest=newest)
    say(f"endpoint {name}: all traffic to {other}; {newest} stays, without any")


def _traffic(client: MLClient, target: Target, name: str) -> dict[str, int]:
    there = found(lambda: client.online_endpoints.get(name))
    if there:
        return dict(there.traffic or {})
    endpoint = load(endpoint_document("online", target), "online")
    client.online_endpoints.begin_create_or_update(endpoint).result()
    return {}


def _idle(traffic: dict[str, int]) -> str:
    return min(COLORS, key=lambda color: (traffic.get(color, 0), COLORS.index(color)))


def _give(client: MLClient, name: str, traffic: dict[str, int], *, newest: str) -> None:
    endpoint: Any = client.online_endpoints.get(name)
    endpoint.traffic = traffic
    endpoint.tags = {**(endpoint.tags or {}), NEWEST: newest}
    client.online_endpoints.begin_create_or_update(endpoint).result()
