"""Finds what an environment asks for, by its own fields, its registration or its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aml_pipelines.errors import NotFoundError
from aml_pipelines.pipeline.assets import LATEST
from aml_pipelines.pipeline.environments.conda import read_conda
from aml_pipelines.pipeline.environments.images import of_dockerfile, of_image
from aml_pipelines.pipeline.environments.read import Environment, environment_of
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.references import AssetName, parse
from aml_pipelines.pipeline.yaml_lines import read_fields
from aml_pipelines.repository import ENVIRONMENTS

if TYPE_CHECKING:
    from aml_pipelines.pipeline.addresses import Addresses
    from aml_pipelines.pipeline.assets import EnvironmentAsset
    from aml_pipelines.pipeline.environments.asked import Asked


_FILE = "environment.yml"


class EnvironmentAssets(Protocol):
    """The registered environments."""

    def environment(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> EnvironmentAsset: ...


class UnknownEnvironmentError(NotFoundError):
    """An environment of which nothing here says what it asks for."""


def asked_by(environment: Environment, assets: EnvironmentAssets, addresses: Addresses) -> Asked:
    """Return what `environment` asks for; `addresses` has the folders that stand for registries.

    Raises UnknownEnvironmentError for a name that is neither registered, nor this repository's, nor
    one that Azure ML curates; PipelineError for a conda file that is none.
    """
    reference = parse(environment.reference) if environment.reference else None
    if isinstance(reference, AssetName):
        return _of_name(reference, assets)
    if reference is not None:
        mapped = addresses.mapped_to(environment.reference)
        if mapped and (mapped / _FILE).is_file():
            return _of_fields(environment_of(read_fields(mapped / _FILE, Problems())))
        return of_image(environment.reference)
    return _of_fields(environment)


def _of_fields(environment: Environment) -> Asked:
    asked = of_image(environment.image)
    if environment.dockerfile:
        asked += of_dockerfile(environment.dockerfile)
    if environment.conda:
        asked += read_conda(environment.conda, environment.folder, str(environment.place))
    return asked


def _of_name(name: AssetName, assets: EnvironmentAssets) -> Asked:
    label = None if name.version else name.label or LATEST
    try:
        registered = assets.environment(name.name, name.version or None, label)
    except NotFoundError as error:
        return _of_repository(name, error)
    asked = of_image(registered.image)
    if registered.conda:
        asked += read_conda(registered.conda, None, str(name))
    return asked


def _of_repository(name: AssetName, error: NotFoundError) -> Asked:
    file = ENVIRONMENTS / name.name / _FILE
    if file.is_file():
        return _of_fields(environment_of(read_fields(file, Problems())))
    if name.name.startswith("AzureML-"):
        return of_image(name.name)
    raise UnknownEnvironmentError(str(error)) from error
