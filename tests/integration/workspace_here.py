"""A local workspace in the test's own process, which may plan faults for it."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from azure.core.credentials import AccessToken
from azure.storage.blob import BlobServiceClient

from aml_pipelines.processes import listen
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.faults import Faults
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from aml_pipelines.workspace.serve import NOTHING, job_environment
from aml_pipelines.workspace.server import serve
from aml_pipelines.workspace.several import Workspaces
from tests.integration.workspace_jobs import TARGET, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from aml_pipelines.workspace.served import JobService, ServedWorkspace


class WorkspaceHere(NamedTuple):
    env: Mapping[str, str]
    faults: Faults
    identity: WorkspaceIdentity
    service: JobService | None = None

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """Be a credential of Azure's clients, as the identity's holder."""
        now = time.time()
        token = self.identity.token(scopes[0].removesuffix(".default"), now)
        return AccessToken(token, int(now) + self.identity.lifetime)

    def blobs(self, datastore: str) -> BlobServiceClient:
        """Make the official client of a datastore's account, which tries everything once."""
        return BlobServiceClient(
            f"{self.env['AZUREML_DEV_URL_MFE']}/storage/{datastore}.blob.core.windows.net",
            credential=self,
            connection_verify=self.env["REQUESTS_CA_BUNDLE"],
            max_single_put_size=1024,
            max_block_size=1024,
            max_single_get_size=1024,
            max_chunk_get_size=1024,
            retry_total=0,
        )


def no_jobs(_: ServedWorkspace, __: Mapping[str, str]) -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def workspace_here(
    lake: Path,
    *,
    token_lifetime: int = 3600,
    jobs: Callable[
        [ServedWorkspace, Mapping[str, str]], AbstractContextManager[JobService | None]
    ] = no_jobs,
    names: Names = TARGET.workspace,
    mapped: Mapping[str, str] = NOTHING,
) -> Iterator[WorkspaceHere]:
    """Serve `lake`; `jobs` makes what runs its jobs, which find it by their environment."""
    faults = Faults()
    scope = WorkspaceScope(names.subscription_id, names.resource_group, names.name)
    identity = WorkspaceIdentity("secret", lifetime=token_lifetime)
    workspace = build_workspace(scope, identity, lake, mapped=mapped)
    with listen() as control, listen() as token:

        def environment(of: ServedWorkspace) -> dict[str, str]:
            secret, prefix = identity.secret, of.prefix
            return job_environment(of.scope, of.folder.root, control, token, secret, prefix=prefix)

        @contextmanager
        def start(started: ServedWorkspace) -> Iterator[ServedWorkspace]:
            with jobs(started, environment(started)) as service:
                yield replace(started, job_service=service)

        with Workspaces(workspace, start, faults.install) as workspaces:
            first = workspaces.first
            servers = serve(workspaces, first, control=control.fileno(), token=token.fileno())
            yield WorkspaceHere(environment(first), faults, identity, first.job_service)
        for server in servers:
            server.shutdown()
            server.server_close()
