"""A release: the tag on a model version with the id of the delivery run that deployed it.

Later stages deploy the version with this tag, even if the champion has changed since.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import get_or_none
from aml_pipelines.azure.deployments import champion_of
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.pipeline.references import AssetName, asset_name
from conf.errors import UserError

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Model

RELEASE = "release"


def add_release_argument(parser: argparse.ArgumentParser, purpose: str) -> None:
    parser.add_argument("--release", metavar="ID", type=_release_id, help=purpose)


def released(client: MLClient, requested: str, release: str) -> Model | None:
    """Return the version with the tag `release`; `requested` is NAME or NAME:VERSION.

    Raises CommandFailedError when it is another than the stated one, or more than one has the tag.
    """
    name, _, version = requested.partition(":")
    listed = get_or_none(lambda: list(client.models.list(name))) or []
    carrying = [model for model in listed if (model.tags or {}).get(RELEASE) == release]
    versions = sorted(str(model.version) for model in carrying)
    if len(versions) > 1:
        raise CommandFailedError(
            f"versions {', '.join(versions)} of model {name!r} carry release {release!r}; "
            f"a release has one: take the tag {RELEASE} off the others"
        )
    if version and versions and version != versions[0]:
        raise CommandFailedError(
            f"release {release!r} of model {name!r} is version {versions[0]}, not {version}; "
            "another version is another release, with an id of its own"
        )
    return carrying[0] if carrying else None


def chosen_version(client: MLClient, requested: str, release: str | None) -> str:
    """Return the reference of the version to deploy: the release's, the named one or the champion.

    Raises CommandFailedError when there is none.
    """
    carrying = released(client, requested, release) if release else None
    if carrying:
        return str(AssetName(str(carrying.name), str(carrying.version)))
    return str(model_named(client, requested))


def model_named(client: MLClient, requested: str) -> AssetName:
    """Return the version that NAME:VERSION states, or the champion of NAME.

    Raises CommandFailedError when there is no champion.
    """
    return asset_name(f"azureml:{requested}") or champion_of(client, requested)


def mark_released(client: MLClient, reference: str, release: str) -> None:
    """Tag the version azureml:NAME:VERSION with a release, in place of its earlier one."""
    asset = asset_name(reference)
    if asset is None:
        raise UserError(f"{reference!r} is not of the form azureml:NAME:VERSION")
    model = client.models.get(asset.name, asset.version)
    if (model.tags or {}).get(RELEASE) != release:
        model.tags = {**(model.tags or {}), RELEASE: release}
        client.models.create_or_update(model)


def _release_id(text: str) -> str:
    # A variable that is not set would make one release of all.
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; it takes the id of the delivery's run")
    return text
