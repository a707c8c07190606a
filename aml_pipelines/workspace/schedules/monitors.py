"""Runs what a schedule monitors as this project's own pipeline `monitoring` does.

A monitor of Azure ML names data assets. Where tables of this lake are behind them, the dataset and
its model are known, and with them all that the pipeline needs: it finds itself what arrived.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.files import texts_in, write_json
from aml_pipelines.inherited import command_variables
from aml_pipelines.pipeline.references import AssetName, parse
from aml_pipelines.workspace.http.fields import JsonObject, mapping
from conf.errors import UserError
from conf.model import MODELS, load_model
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from datetime import datetime

    from aml_pipelines.workspace.served import ServedWorkspace

_PIPELINE = REPOSITORY / "aml_pipelines" / "monitoring.yml"
_COMPONENT = REPOSITORY / "components" / "judge_health" / "component.yml"


class Monitors:
    """The monitors of a workspace, whose jobs are submitted to it as by anybody else."""

    def __init__(self, workspace: ServedWorkspace, *, master: str) -> None:
        self._workspace = workspace
        self._master = master

    def submit(self, definition: JsonObject, job: str, moment: datetime) -> None:
        """Submit the pipeline for what a monitor watches, as the job `job`, as of a moment.

        Raises RefusedError for a monitor of other data, and where the pipeline is not here.
        """
        if not (_PIPELINE.is_file() and _COMPONENT.is_file()):
            raise RefusedError(
                f"monitors run as the pipeline {_PIPELINE}, which this installation has not; start "
                "the workspace from a checkout of the project"
            )
        dataset = self._dataset(definition)
        model_name = _model_name(definition, dataset)
        as_of = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        given = {"dataset": dataset, "model_name": model_name, "as_of": as_of}
        settings = [f"--set=inputs.{name}={value}" for name, value in given.items()]
        submitted = subprocess.run(
            [
                *(sys.executable, "-m", "aml_pipelines", "submit", "monitoring"),
                *(f"--target={self._target()}", f"--name={job}", "--create-missing", *settings),
            ],
            cwd=REPOSITORY,
            env=command_variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if submitted.returncode:
            last = (submitted.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise RefusedError(f"the pipeline monitoring cannot be submitted: {last}")

    def _dataset(self, definition: JsonObject) -> str:
        """Return the dataset whose tables are behind the data that a monitor names."""
        named = [
            asset
            for text in texts_in(definition)
            if text.startswith(("azureml:", "/subscriptions/"))
            and isinstance(asset := parse(text), AssetName)
        ]
        lake = str(self._workspace.folder.root)
        for asset in named:
            try:
                found = self._workspace.assets["data"].version(asset.name, asset.version)
            except NotFoundError:
                continue
            table = str(mapping(found.properties.get("tags")).get("source_table", ""))
            if table.startswith(f"{lake}/"):
                return table.removeprefix(f"{lake}/").split("/")[1]
        raise RefusedError(
            f"no table of this lake is behind what is monitored ({', '.join(map(str, named))}), so "
            "that it is kept and not run; name data that publish_mltable has registered, such as "
            "azureml:flights_train:1"
        )

    def _target(self) -> str:
        """Write the target by which a command finds this workspace, and return its file."""
        scope, state = self._workspace.scope, self._workspace.folder.root
        names = {
            "subscription_id": scope.subscription_id,
            "resource_group": scope.resource_group,
            "name": scope.name,
        }
        target = {"lake": str(state), "workspace": names, "spark": {"master": self._master}}
        file = self._workspace.folder.monitors_target
        write_json(file, target)
        return str(file)


def _model_name(definition: JsonObject, dataset: str) -> str:
    """Return the model that a monitor states, or else the one that is of its dataset."""
    stated = mapping(definition.get("monitoringTarget")).get("modelId")
    asset = parse(str(stated)) if stated else None
    if isinstance(asset, AssetName):
        return asset.name
    found = []
    for file in sorted(MODELS.glob("*.yml")):
        try:
            found += [file.stem] if load_model(file.stem).dataset == dataset else []
        except UserError:
            continue  # it says what is wrong with it when it is used
    if len(found) != 1:
        raise RefusedError(
            f"dataset {dataset!r} has {len(found)} models ({', '.join(found)}); state the one "
            "that is watched: monitoring_target.model_id"
        )
    return found[0]
