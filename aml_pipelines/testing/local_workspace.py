"""A local workspace for tests: started, changed, and brought back to an earlier state."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.serve import serving
from aml_pipelines.workspace.state import StateFolder
from conf.target import WorkspaceAddress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from azure.ai.ml import MLClient

DEFAULT_NAMES = WorkspaceAddress("00000000-0000-0000-0000-000000000000", "local", "local")


@dataclass(frozen=True)
class SavedState:
    """A copy of all that a workspace had at a moment."""

    folder: Path


@dataclass(frozen=True)
class _Target:
    workspace: WorkspaceAddress


class LocalWorkspace:
    """A served workspace with the names `names`, in a folder of its own below `folder`.

    It takes and runs jobs. `env` has the variables by which clients find it, which are also set in
    this process while it is served; they change whenever the state is set back.
    """

    def __init__(self, names: WorkspaceAddress, folder: Path) -> None:
        self.names = names
        self.lake = folder / "lake"
        self.log = folder / "workspace.log"
        self.env: Mapping[str, str] = {}
        self._saved = folder / "saved"
        self._before: dict[str, str | None] = {}
        self._served = ExitStack()
        # Once: its migrations take longer than all the rest of the start.
        prepare_tracking(self.lake, [])
        self._empty = self._copied()

    def start(self) -> None:
        """Serve the workspace; return when it answers."""
        served = self._served.enter_context(
            serving(_Target(self.names), state=self.lake, log=self.log, jobs_master="local[*]")
        )
        served.wait_ready()
        self.env = {**served.env, "MLFLOW_TRACKING_URI": self._tracking_uri()}
        self._before = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)

    def stop(self) -> None:
        """End the server and the jobs that it runs; its files stay."""
        self._served.close()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def client(self) -> MLClient:
        """Return a new client of the workspace, which is right until the state is set back."""
        # Seconds, which tests that use no client save.
        from azure.ai.ml import MLClient  # noqa: PLC0415
        from azure.identity import ManagedIdentityCredential  # noqa: PLC0415

        return MLClient(
            ManagedIdentityCredential(),
            self.names.subscription_id,
            self.names.resource_group,
            self.names.name,
            enable_telemetry=False,
            show_progress=False,
        )

    def reset(self) -> None:
        """Set the workspace back to what it was when it was made: empty."""
        self.restore(self._empty)

    def save(self) -> SavedState:
        """Return a copy of the workspace as it is; jobs that run are ended for it."""
        self.stop()
        saved = self._copied()
        self.start()
        return saved

    def restore(self, saved: SavedState) -> None:
        """Set the workspace back to `saved`, which may be used again."""
        self.stop()
        shutil.rmtree(self.lake)
        shutil.copytree(saved.folder, self.lake, symlinks=True)
        self.start()

    def _tracking_uri(self) -> str:
        # By another path each time: MLflow keeps connections to a database for the life of the
        # process, and would go on reading a file that was replaced.
        path = self._saved.with_name(f"mlflow-{uuid.uuid4().hex}")
        path.symlink_to(StateFolder(self.lake).mlflow)
        return f"sqlite:///{path / StateFolder(self.lake).mlflow_database.name}"

    def _copied(self) -> SavedState:
        folder = self._saved / uuid.uuid4().hex
        shutil.copytree(self.lake, folder, symlinks=True)
        return SavedState(folder)
