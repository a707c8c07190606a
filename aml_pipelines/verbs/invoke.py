"""`invoke`: send rows to an online endpoint, or a folder to a batch endpoint as a job."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.deployments import endpoint_document
from aml_pipelines.azure.endpoints import ask, own_deployment, read_rows
from aml_pipelines.azure.follow import follow
from aml_pipelines.console import say
from aml_pipelines.pipeline.references import AssetName, DatastorePath, parse
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import Input

    from conf.target import Target

DONE, FAILED = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=("batch", "online"))
    parser.add_argument("--deployment", help="this one, whatever the traffic or the default")
    parser.add_argument("--rows", type=Path, help='online: a file with {"rows": [{…}, …]}')
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        dest="inputs",
        metavar="NAME=VALUE",
        help="batch: a folder's azureml:// URI, a data asset azureml:NAME:VERSION, or a value",
    )
    parser.add_argument("--wait", action="store_true", help="batch: watch the job to its end")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    name = str(endpoint_document(arguments.kind, target).document["name"])
    if arguments.kind == "online":
        return _online(arguments, target, name)
    inputs = dict(_input(text) for text in arguments.inputs)
    if not inputs:
        raise UserError("a batch endpoint scores what --input NAME=VALUE names")
    if arguments.dry_run:
        request = {"properties": {"inputData": inputs}}
        say(f"POST {name} {json.dumps(request)} deployment {arguments.deployment or 'the default'}")
        return DONE
    with workspace_of(arguments, target, f"invoke {name}") as client, own_deployment():
        job = client.batch_endpoints.invoke(
            endpoint_name=name,
            deployment_name=arguments.deployment,
            inputs={key: _as_input(value) for key, value in inputs.items()},
        )
    say(f"{job.name}: submitted")
    if not arguments.wait:
        return DONE
    return DONE if follow(client, target, job.name) else FAILED


def _online(arguments: argparse.Namespace, target: Target, name: str) -> int:
    if arguments.rows is None:
        raise UserError('an online endpoint scores the rows in --rows FILE, {"rows": [{…}]}')
    text = read_rows(arguments.rows)
    if arguments.dry_run:
        say(f"POST {name} {text.strip()}")
        return DONE
    with workspace_of(arguments, target, f"invoke {name}") as client:
        answer = ask(client, name, arguments.rows, arguments.deployment)
    sys.stdout.write(answer.strip() + "\n")
    return DONE


def _input(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"--input {text!r} is not of the form NAME=VALUE")
    return name, value


def _as_input(value: str) -> Input:
    from azure.ai.ml import Input  # noqa: PLC0415 # dry runs do without the SDK

    match parse(value):
        case DatastorePath():
            return Input(type="uri_folder", path=value)
        case AssetName():
            return Input(type="mltable", path=value)
    return Input(type="string", default=value)
