"""Opens the containers of the storage accounts behind datastores, for callers with a right to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flask import request

from aml_pipelines.pipeline.own_paths import is_own
from aml_pipelines.pipeline.references import DEFAULT, FOLDERS, LAKE, DatastorePath
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.identity import STORAGE
from aml_pipelines.workspace.state import UPLOADS
from aml_pipelines.workspace.storage.access import AccessLinks
from aml_pipelines.workspace.storage.blobs import BlobFolder, Hides, hides_nothing
from aml_pipelines.workspace.storage.protocol import storage_error
from aml_pipelines.workspace.store.addresses import addresses_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.workspace.http.identity import WorkspaceIdentity
    from aml_pipelines.workspace.storage.uploads import Uploads

# Paths that are no blobs: the workspace's own databases and keys; the uploads of others.
_HIDDEN: Mapping[str, Hides] = {LAKE: is_own, DEFAULT: lambda path: path.parts[:1] == (UPLOADS,)}
_CHALLENGE = (
    "Bearer authorization_uri=https://login.microsoftonline.com/local/oauth2/authorize"
    " resource_id=https://storage.azure.com"
)


class Accounts:
    """An account for each datastore, with a container of its name; a container for each upload."""

    def __init__(
        self,
        state: Path,
        identity: WorkspaceIdentity,
        uploads: Uploads,
        mapped: Mapping[str, str],
    ) -> None:
        self._state = state
        self._identity = identity
        self._uploads = uploads
        self._mapped = mapped
        self._links = AccessLinks("account")
        # One object for each folder: it has the lock of the folder's writers.
        self._opened: dict[Path, BlobFolder] = {}
        self._opening = threading.Lock()

    def check(self, account: str) -> str:
        """Return the name of the account's container; refuses a caller without a token."""
        self._check_token()
        if not self.has(account):
            raise storage_error("ContainerNotFound", f"accounts here are {sorted(FOLDERS)}")
        return account

    def has(self, account: str) -> bool:
        """Return whether there is a folder of that name: of ours, or of a registered datastore."""
        return self._folder(account) is not None

    def access(self, account: str) -> str:
        """Return the part of a URL that gives access to an account, for some hours."""
        return self._links.query(account, "rwdl")

    def open(self, account: str, container: str) -> BlobFolder:
        """Open a container; refuses a caller with neither a token nor the upload's signature."""
        if self._links.is_right(account):
            return self._opened_account(account, container)
        if "sig" in request.args:
            return self._container(self._uploads.folder(container))
        if self.check(account) == DEFAULT and (upload := self._uploads.find(container)):
            return self._container(upload)
        return self._opened_account(account, container)

    def _opened_account(self, account: str, container: str) -> BlobFolder:
        folder = self._folder(account)
        if container != account or folder is None:
            raise storage_error("ContainerNotFound", f"{account!r} has the container {account!r}")
        return self._container(folder, _HIDDEN.get(account, hides_nothing))

    def _folder(self, account: str) -> Path | None:
        if account in FOLDERS:
            return self._state / FOLDERS[account]
        return addresses_in(self._state, self._mapped).datastore(DatastorePath(account, ""))

    def _container(self, folder: Path, hides: Hides = hides_nothing) -> BlobFolder:
        with self._opening:
            if folder not in self._opened:
                self._opened[folder] = BlobFolder(folder, state=self._state, hides=hides)
            return self._opened[folder]

    def _check_token(self) -> None:
        try:
            self._identity.check(request.headers.get("Authorization"), STORAGE)
        except ArmError as error:
            refusal = storage_error("InvalidAuthenticationInfo", str(error))
            if refusal.response:
                refusal.response.headers["WWW-Authenticate"] = _CHALLENGE
            raise refusal from None
