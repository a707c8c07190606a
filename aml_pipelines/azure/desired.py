"""The resources that a workspace should have: YAML found by glob, filled in for a target."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from aml_pipelines.azure.images import image_files, image_version, require_version
from aml_pipelines.azure.render import Document, read_job, retarget_environment, to_yaml
from aml_pipelines.hashing import content_hash
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.read_component import read_component_file
from aml_pipelines.pipeline.snapshot import snapshot_files, snapshot_hash
from aml_pipelines.pipeline.yaml_lines import read_fields
from aml_pipelines.repository import ASSETS, COMPONENTS
from aml_pipelines.targets import variables
from conf.errors import UserError
from conf.target import REPOSITORY
from conf.target_file import fill_variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conf.target import Target

Kind = Literal[
    "datastore",
    "compute",
    "environment",
    "component",
    "data",
    "model",
    "endpoint",
    "deployment",
    "monitor",
]
_KINDS: dict[str, Kind] = {
    "azureBlob": "datastore",
    "azureDataLakeGen2": "datastore",
    "computeInstance": "compute",
    "amlCompute": "compute",
    "synapseSpark": "compute",
    "kubernetesCompute": "compute",
    "environment": "environment",
    "data": "data",
    "model": "model",
    "managedOnlineEndpoint": "endpoint",
    "kubernetesOnlineEndpoint": "endpoint",
    "managedOnlineDeployment": "deployment",
    "kubernetesOnlineDeployment": "deployment",
    "monitorSchedule": "monitor",
}
CONTENT = "content"  # the tag that says what a resource was made of


@dataclass(frozen=True)
class DesiredResource:
    """A resource as YAML; the relative paths in it start at the folder of `origin`."""

    kind: Kind
    document: Document
    origin: Path
    content: str = ""

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def version(self) -> str:
        return str(self.document.get("version", ""))

    @property
    def tagged(self) -> Document:
        """The YAML with a tag for the hash of its content, by which a change is noticed."""
        tags = {**(self.document.get("tags") or {}), CONTENT: self.fingerprint}
        return {**self.document, "tags": tags}

    @property
    def fingerprint(self) -> str:
        if self.kind == "environment":
            return self.content  # what it is called, described and tagged is not of the image
        hashed = hashlib.sha256(to_yaml(self.document).encode() + self.content.encode())
        return hashed.hexdigest()[:16]

    @property
    def text(self) -> str:
        return f"# {self.kind} {self.name}\n{to_yaml(self.tagged)}"


def desired_datastores(target: Target) -> list[DesiredResource]:
    """Return the datastores, each over the storage account of the target's lake."""
    account, container = lake_storage(target)
    resources = []
    for file in sorted((ASSETS / "datastores").glob("*.yml")):
        document = read_job(file)
        key = "filesystem" if "filesystem" in document else "container_name"
        resources.append(
            DesiredResource("datastore", document | {"account_name": account, key: container}, file)
        )
    return resources


def desired_computes(target: Target) -> list[DesiredResource]:
    """Return the computes with the target's identity: clusters, and its Spark pool if any."""
    resources = []
    for file in sorted((ASSETS / "compute").glob("*.yml")):
        document = read_job(file) | jobs_identity(target)
        is_pool = document["type"] == "synapsespark"
        if is_pool and target.spark.pool:
            pool = {"name": target.spark.pool, "resource_id": target.spark.pool_id}
            resources.append(DesiredResource("compute", document | pool, file))
        elif not is_pool:
            resources.append(DesiredResource("compute", document, file))
    return resources


def desired_environments() -> list[DesiredResource]:
    """Return the environments, each with the hash of its image's content.

    Raises UserError for one whose version is not that of its content.
    """
    resources = []
    for file in image_files(REPOSITORY):
        document = read_job(file)
        resources.append(
            DesiredResource("environment", document, file, require_version(document, file))
        )
    return resources


def desired_components(target: Target) -> list[DesiredResource]:
    """Return the components, each with the hash of its snapshot.

    The registry chooses their versions: a changed component gets the next one.
    """
    resources = []
    for file in sorted(COMPONENTS.glob("*/component.yml")):
        document = retarget_environment(read_job(file), target)
        # The registry counts versions; one in the file would collide with the next change.
        document.pop("version", None)
        fields = read_fields(file, Problems())
        component = read_component_file(fields, fields.text("type"))
        code = snapshot_hash(snapshot_files(component.snapshot))
        resources.append(DesiredResource("component", document, file, code))
    return resources


def desired_data() -> list[DesiredResource]:
    """Return the data assets of this project."""
    return [
        DesiredResource("data", read_job(file), file)
        for file in sorted((ASSETS / "data").glob("*.yml"))
    ]


def desired_file(file: Path) -> DesiredResource:
    """Return the asset in any file; its schema says of which kind it is.

    Raises UserError for a file of no such kind.
    """
    document = read_job(file)
    schema = str(document.get("$schema", "")).rpartition("/")[2].partition(".")[0]
    kind = _KINDS.get(schema)
    if kind is None:
        raise UserError(
            f"{file}: $schema {schema!r} is none that can be registered: {', '.join(_KINDS)}"
        )
    if kind == "environment":
        return DesiredResource(kind, document, file.resolve(), image_version(document, file.parent))
    named = [document.get("path"), (document.get("code_configuration") or {}).get("code")]
    places = [file.parent / str(name) for name in named if name and "://" not in str(name)]
    return DesiredResource(kind, document, file.resolve(), " ".join(map(content_hash, places)))


def lake_storage(target: Target) -> tuple[str, str]:
    """Return the storage account and the container of a target's lake."""
    uri = urlsplit(target.lake)
    if not uri.hostname:
        return "local", "lake"
    return uri.hostname.partition(".")[0], str(uri.username)


def jobs_identity(target: Target) -> Document:
    """Return the YAML that assigns the identity of the target's jobs; empty if it has none."""
    if not target.identity.resource_id:
        return {}
    assigned = [{"resource_id": target.identity.resource_id}]
    return {"identity": {"type": "user_assigned", "user_assigned_identities": assigned}}


def loaded(resource: DesiredResource, load: Callable[..., Any]) -> Any:  # noqa: ANN401 # each load has its own
    """Load a resource's YAML with the SDK's function for its kind, with its variables filled in.

    Raises ConfError for a variable that is not set.
    """
    document = fill_variables(resource.tagged, variables(), resource.origin)
    return load(io.StringIO(to_yaml(document)), relative_origin=str(resource.origin))
