"""Opens the containers of the storage accounts behind datastores, for callers with a right to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flask import request

from aml_pipelines.pipeline.references import DEFAULT, FOLDERS, LAKE
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.state import REGISTRY, UPLOADS
from aml_pipelines.workspace.storage.blobs import BlobFolder
from aml_pipelines.workspace.storage.protocol import storage_error

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.workspace.http.identity import WorkspaceIdentity
    from aml_pipelines.workspace.storage.uploads import Uploads

# Folders that have no blobs: the workspace's own databases and keys; the uploads of others.
_HIDDEN = {LAKE: (REGISTRY,), DEFAULT: (UPLOADS,)}
_CHALLENGE = (
    "Bearer authorization_uri=https://login.microsoftonline.com/local/oauth2/authorize"
    " resource_id=https://storage.azure.com"
)


class Accounts:
    """An account for each datastore, with a container of its name; a container for each upload."""

    def __init__(self, state: Path, identity: WorkspaceIdentity, uploads: Uploads) -> None:
        self._state = state
        self._identity = identity
        self._uploads = uploads
        # One object for each folder: it has the lock of the folder's writers.
        self._opened: dict[Path, BlobFolder] = {}
        self._opening = threading.Lock()

    def check(self, account: str) -> str:
        """Return the name of the account's container; refuses a caller without a token."""
        self._check_token()
        if account not in FOLDERS:
            raise storage_error("ContainerNotFound", f"accounts here are {sorted(FOLDERS)}")
        return account

    def open(self, account: str, container: str) -> BlobFolder:
        """Open a container; refuses a caller with neither a token nor the upload's signature."""
        if "sig" in request.args:
            return self._container(self._uploads.folder(container), ())
        if self.check(account) == DEFAULT and (upload := self._uploads.find(container)):
            return self._container(upload, ())
        if container != account:
            raise storage_error("ContainerNotFound", f"{account!r} has the container {account!r}")
        return self._container(self._state / FOLDERS[account], _HIDDEN.get(account, ()))

    def _container(self, folder: Path, hidden: tuple[str, ...]) -> BlobFolder:
        with self._opening:
            if folder not in self._opened:
                self._opened[folder] = BlobFolder(folder, state=self._state, hidden=hidden)
            return self._opened[folder]

    def _check_token(self) -> None:
        try:
            self._identity.check(request.headers.get("Authorization"))
        except ArmError as error:
            refusal = storage_error("InvalidAuthenticationInfo", str(error))
            if refusal.response:
                refusal.response.headers["WWW-Authenticate"] = _CHALLENGE
            raise refusal from None
