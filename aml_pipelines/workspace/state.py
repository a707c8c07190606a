"""The map of the workspace's state folder: the path of each of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.addresses import FETCHED
from aml_pipelines.pipeline.job_outputs import RUN_RECORD, artifact_folder
from aml_pipelines.pipeline.own_paths import JOBS, LOCK, MLFLOW_DATABASE, ONLINE, REGISTRY
from aml_pipelines.pipeline.references import ARTIFACT_STORE, DEFAULT

if TYPE_CHECKING:
    from pathlib import Path

# The uploads of others are hidden from storage's clients, as is what `own_paths` names.
UPLOADS = "uploads"
# The file that makes a folder one of the further workspaces of a server.
WORKSPACE_RECORD = "registry/workspace.json"
# The file that makes a folder a registry.
REGISTRY_RECORD = "registry.json"


@dataclass(frozen=True)
class StateFolder:
    """The paths below `root`; where the lake is a folder, `root` is the lake."""

    root: Path

    @property
    def lock(self) -> Path:
        """The lock of the run that writes the lake; it names its holder."""
        return self.root / LOCK

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def history(self) -> Path:
        """The table of all runs and their nodes."""
        return self.root / "history" / "runs.parquet"

    @property
    def jobs_jvm(self) -> Path:
        """The folder of the JVM that Spark nodes of jobs share."""
        return self.runs / "jvm"

    def run_record(self, job: str) -> Path:
        return self.runs / job / RUN_RECORD

    @property
    def mlflow(self) -> Path:
        return self.root / "mlflow"

    @property
    def mlflow_database(self) -> Path:
        return self.root / MLFLOW_DATABASE

    @property
    def mlflow_artifacts(self) -> Path:
        return self.mlflow / "artifacts"

    @property
    def mlflow_version(self) -> Path:
        """The version of MLflow that set up its database."""
        return self.mlflow / "schema-of-mlflow"

    @property
    def mlflow_lock(self) -> Path:
        return self.mlflow / "setup.lock"

    @property
    def uploads(self) -> Path:
        return self.root / DEFAULT / UPLOADS

    def artifacts(self, run: str) -> Path:
        return self.root / ARTIFACT_STORE / artifact_folder(run)

    @property
    def fetched(self) -> Path:
        """The data of addresses elsewhere, a folder for each."""
        return self.root / FETCHED

    def datastore(self, name: str) -> Path:
        """Return the folder of a datastore that was registered."""
        return self.root / "datastores" / name

    def job(self, name: str) -> Path:
        """Return the folder of a job: its pipeline, its components, its log."""
        return self.root / JOBS / name

    def job_log(self, name: str) -> Path:
        return self.job(name) / "log.txt"

    def online_deployment(self, key: str) -> Path:
        """Return the folder of the deployment ENDPOINT/NAME: its code, its model, its log."""
        return self.root / ONLINE / key

    @property
    def registry(self) -> Path:
        """The workspace's own databases, keys and certificate: never a blob."""
        return self.root / REGISTRY

    @property
    def old_data_database(self) -> Path:
        """The database that data assets had of their own, in lakes of an earlier version."""
        return self.registry / "registry.db"

    @property
    def kept_data_database(self) -> Path:
        return self.registry / "registry-carried-over.db"

    @property
    def versions_database(self) -> Path:
        return self.registry / "resources.db"

    @property
    def documents_database(self) -> Path:
        return self.registry / "documents.db"

    @property
    def jobs_database(self) -> Path:
        return self.registry / "jobs.db"

    @property
    def blobs_database(self) -> Path:
        return self.registry / "blobs.db"

    @property
    def staged_blocks(self) -> Path:
        return self.registry / "blocks"

    @property
    def workspace_id(self) -> Path:
        """The GUID by which clients tell this workspace from others."""
        return self.registry / "workspace-id"

    @property
    def secrets(self) -> Path:
        return self.registry / "secrets.json"

    @property
    def serving(self) -> Path:
        """The variables by which clients find the workspace while it is served."""
        return self.registry / "serving.json"

    @property
    def monitors_target(self) -> Path:
        """The target by which the jobs of monitors are submitted to this workspace."""
        return self.registry / "monitors.yml"  # JSON, which is YAML

    @property
    def serving_lock(self) -> Path:
        return self.registry / "serving.lock"

    @property
    def component_files(self) -> Path:
        """Registered components as YAML files, for jobs that name them."""
        return self.registry / "components"

    @property
    def registries(self) -> Path:
        """The registries, a folder for each; lakes that link it to one folder share them."""
        return self.registry / "registries"

    def registry_folders(self) -> list[Path]:
        """List the folders of the registries that there are, by name."""
        entries = sorted(self.registries.iterdir()) if self.registries.is_dir() else []
        return [entry for entry in entries if (entry / REGISTRY_RECORD).is_file()]

    def workspace(self, subscription: str, group: str, name: str) -> Path:
        """Return the folder of a further workspace of the server, which is a lake of its own."""
        # Azure's names differ in more than case.
        return self._workspaces.joinpath(*(text.lower() for text in (subscription, group, name)))

    def workspace_folders(self) -> list[Path]:
        """List the folders of the further workspaces that there are."""
        return sorted(
            folder
            for folder in self._workspaces.glob("*/*/*")
            if (folder / WORKSPACE_RECORD).is_file()
        )

    @property
    def _workspaces(self) -> Path:
        return self.registry / "workspaces"

    @property
    def deleted_workspaces(self) -> Path:
        """The folders of workspaces that were deleted, but not for good."""
        return self.registry / "deleted"

    @property
    def environments(self) -> Path:
        """The environments that were built for nodes, one folder for each content."""
        return self.registry / "environments"

    @property
    def server_log(self) -> Path:
        return self.registry / "workspace.log"

    @property
    def tls(self) -> Path:
        return self.registry / "tls"

    @property
    def trusted(self) -> Path:
        """The certificates that jobs trust: the workspace's and the machine's."""
        return self.tls / "trusted.pem"
