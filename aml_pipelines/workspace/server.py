"""The process that serves the workspace over HTTPS, until its parent closes its standard input.

The server is werkzeug's, not gunicorn: it listens on descriptors that the parent opened, HTTPS and
HTTP in one process whose threads share the stores, and its handler sees headers with underscores,
which blobs' metadata have.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import signal
import socket
import ssl
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from aml_pipelines.certificates import ensure_certificates, write_trusted
from aml_pipelines.files import private_files
from aml_pipelines.pipeline.address_options import add_map_argument, read_map
from aml_pipelines.pipeline.environments.options import add_environment_arguments, read_policy
from aml_pipelines.processes import LOOPBACK
from aml_pipelines.workspace.app import create_identity_app
from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.background import job_service, running
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.clean_up import delete_old_blocks
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.fault_rules import read_faults
from aml_pipelines.workspace.http.faults import Faults
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from aml_pipelines.workspace.serve import READY, job_environment
from aml_pipelines.workspace.several import Workspaces
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.storage.protocol import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from wsgiref.types import WSGIEnvironment

    from _typeshed.wsgi import WSGIApplication

    from aml_pipelines.workspace.http.fault_rules import FaultRule
    from aml_pipelines.workspace.served import ServedWorkspace


_Request = socket.socket | tuple[bytes, socket.socket]
# Of a connection that sends and takes nothing, also in its handshake.
_IDLE_SECONDS = 60
_CONNECTIONS = 512
_DESCRIPTORS = 4096  # for two servers' connections, and files


class QuietHandler(WSGIRequestHandler):
    """Sends answers without delay, leaves logging to the app, and waits for nobody without end."""

    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def make_environ(self) -> WSGIEnvironment:
        """Return WSGI's environment, with the metadata of blobs: WSGI loses their underscores."""
        environ = super().make_environ()
        headers = {name.lower(): value for name, value in self.headers.items()}
        environ[METADATA] = {n: v for n, v in headers.items() if n.startswith(METADATA)}
        return environ

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class _LimitedServer(ThreadedWSGIServer):
    """A thread for each connection, up to a number: the next one waits until another ends.

    Without the number, idle connections would take all descriptors of the process.
    """

    def __init__(self, listening: int, app: WSGIApplication) -> None:
        super().__init__(LOOPBACK, 0, app, QuietHandler, fd=listening)
        self._free = threading.BoundedSemaphore(_CONNECTIONS)

    def process_request(self, request: _Request, client_address: object) -> None:
        self._free.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: _Request, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


def server_on(
    listening: int, app: WSGIApplication, tls: ssl.SSLContext | None = None
) -> BaseWSGIServer:
    """Make a threaded server of `app` on a listening socket, given by its descriptor."""
    server = _LimitedServer(listening, app)
    if tls:
        # Each thread does its client's handshake: a client that stalls must not stop the others.
        secured: socket.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.socket = secured
        server.ssl_context = tls
    return server


def serve(
    app: WSGIApplication, workspace: ServedWorkspace, *, control: int, token: int
) -> list[BaseWSGIServer]:
    """Serve `app` and the identity endpoint on two listening descriptors, in threads."""
    folder = workspace.folder
    certificates = ensure_certificates(folder.tls, [LOOPBACK])
    bundles = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"))
    trusted_already = Path(next(filter(None, bundles), certifi.where()))
    write_trusted(certificates.authority, folder.trusted, besides=trusted_already)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)
    servers = [
        server_on(control, app, context),
        server_on(token, create_identity_app(workspace)),
    ]
    for server in servers:
        # Ten times as often as werkzeug looks whether it shall end: many tests wait for that.
        polling = {"poll_interval": 0.05}
        threading.Thread(target=server.serve_forever, kwargs=polling, daemon=True).start()
    return servers


def main() -> None:
    arguments = _arguments().parse_args()
    _start_log()
    _allow_descriptors()
    scope = WorkspaceScope(arguments.subscription, arguments.resource_group, arguments.workspace)
    identity = WorkspaceIdentity(os.environ["IDENTITY_HEADER"])
    mapped = read_map(arguments.mapped)
    faults = read_faults(arguments.faults).requests
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that running jobs are ended first
    with private_files():
        _close_to_others(arguments.state)
        delete_old_blocks(StateFolder(arguments.state))
        workspace = build_workspace(scope, identity, arguments.state, mapped=mapped)
        _serve(workspace, arguments, faults)


def _serve(
    workspace: ServedWorkspace, arguments: argparse.Namespace, faults: Sequence[FaultRule]
) -> None:
    planned = Faults(faults)
    start = partial(_with_jobs, arguments=arguments)
    with Workspaces(workspace, start, planned.install) as workspaces:
        serve(workspaces, workspaces.first, control=arguments.control, token=arguments.token)
        prepare_tracking(arguments.state, arguments.experiments)
        sys.stdout.write(READY)
        sys.stdout.flush()
        # The parent has the other end of this pipe: however it ends, this process ends too.
        sys.stdin.read()


def _allow_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _close_to_others(state: Path) -> None:
    """Let the databases and keys of before be their owner's alone too."""
    registry = StateFolder(state).registry
    registry.mkdir(parents=True, exist_ok=True)
    registry.chmod(0o700)


@contextmanager
def _with_jobs(
    workspace: ServedWorkspace, arguments: argparse.Namespace
) -> Iterator[ServedWorkspace]:
    if not arguments.jobs_master:
        yield workspace
        return
    descriptors = arguments.control, arguments.token
    control, token = (socket.socket(fileno=os.dup(descriptor)) for descriptor in descriptors)
    with control, token:
        secret = workspace.identity.secret
        environment = job_environment(
            workspace.scope,
            workspace.folder.root,
            control,
            token,
            secret,
            prefix=workspace.prefix,
        )
    service = job_service(
        workspace,
        master=arguments.jobs_master,
        environment=environment,
        policy=read_policy(arguments),
        faults=arguments.faults,
    )
    with running(service):
        yield replace(workspace, job_service=service)


def _start_log() -> None:
    # A handler of its own: MLflow's migrations set the root logger's anew.
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("aml_pipelines")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscription", required=True)
    parser.add_argument("--resource-group", required=True)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument(
        "--experiment",
        action="append",
        default=[],
        dest="experiments",
        help="an MLflow experiment that jobs will track in; repeatable",
    )
    parser.add_argument("--faults", type=Path, help="a file of faults that requests will meet")
    parser.add_argument("--jobs-master", help="run submitted jobs, with this Spark master")
    add_environment_arguments(parser)
    add_map_argument(parser)
    parser.add_argument("--control", type=int, required=True, help="a listening descriptor")
    parser.add_argument("--token", type=int, required=True, help="a listening descriptor")
    return parser


if __name__ == "__main__":
    main()
