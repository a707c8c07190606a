"""The workspaces of one server: each has a folder, stores, jobs and an app of its own.

The first is the one that the server was started for. The others are made and deleted by clients;
their folders are in its own. A request is for the workspace that its path names, as Azure Resource
Manager's paths do, or else for the one whose prefix its path begins with: answers give addresses
with that prefix. What is no workspace's is the first one's: groups, registries, operations.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import uuid
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Self

from flask import request
from werkzeug.wrappers import Response

from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.files import read_json, write_json
from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.clean_up import delete_old_blocks
from aml_pipelines.workspace.http.addresses import AT
from aml_pipelines.workspace.http.arm import ArmError, WorkspaceScope
from aml_pipelines.workspace.http.arm_paths import is_arm
from aml_pipelines.workspace.served import here
from aml_pipelines.workspace.several_names import (
    check_names,
    destination,
    key_of,
    named_in,
    prefix_of,
)
from aml_pipelines.workspace.state import WORKSPACE_RECORD, StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from aml_pipelines.workspace.served import ServedWorkspace

    # Runs the jobs of a workspace while its block runs.
    Start = Callable[[ServedWorkspace], AbstractContextManager[ServedWorkspace]]


@dataclass(frozen=True)
class _Opened:
    workspace: ServedWorkspace
    app: Flask
    block: ExitStack


class Workspaces:
    """A WSGI app that answers for `first` and for the workspaces in its folder.

    `start` makes what runs the jobs of each, and `change` changes the app of each.
    """

    def __init__(
        self, first: ServedWorkspace, start: Start, change: Callable[[Flask], None]
    ) -> None:
        self._start = start
        self._change = change
        self._folder = first.folder
        self._lock = threading.Lock()
        self._opened: dict[str, _Opened] = {}
        self._first = self._open(first)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.callback(self.close)
            for folder in self._folder.workspace_folders():
                self._open(self._build(WorkspaceScope(**read_json(folder / WORKSPACE_RECORD))))
            opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the jobs and the scoring servers of all workspaces."""
        with ExitStack() as closing:
            for opened in self._opened.values():
                closing.callback(opened.block.close)

    @property
    def first(self) -> ServedWorkspace:
        return self._first.workspace

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        to = destination(environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
        if not to.named and to.prefixed and to.prefixed not in self._opened:
            return _no_workspace(to.prefixed)(environ, start)
        opened = self._opened.get(to.named or to.prefixed or "", self._first)
        script = {"PATH_INFO": to.path, "SCRIPT_NAME": opened.workspace.prefix}
        return opened.app({**environ, **script}, start)

    def all(self) -> list[ServedWorkspace]:
        """List the workspaces, the first one first."""
        return [opened.workspace for opened in self._opened.values()]

    def create(self, scope: WorkspaceScope) -> ServedWorkspace:
        """Make a workspace, and run its jobs.

        Raises RefusedError for names that Azure does not take, and ConflictError for one that is
        there, in whatever case.
        """
        check_names(scope)
        with self._lock:
            if key_of(scope) in self._opened:
                raise ConflictError(f"workspace {scope.name!r} exists already")
            workspace = self._build(scope)
            prepare_tracking(workspace.folder.root)
            # Last: what has no record is no workspace.
            write_json(workspace.folder.root / WORKSPACE_RECORD, asdict(scope))
            return self._open(workspace).workspace

    def delete(self, scope: WorkspaceScope, *, for_good: bool) -> None:
        """End a workspace and its jobs; its folder is moved away, or deleted `for_good`.

        Raises ConflictError for the first one, and NotFoundError for one that is not here.
        """
        with self._lock:
            opened = self._opened.get(key_of(scope))
            if not opened:
                raise NotFoundError(f"workspace {scope.name!r} does not exist")
            if opened is self._first:
                raise ConflictError(f"the server was started for workspace {scope.name!r}")
            del self._opened[key_of(scope)]
            opened.block.close()
            root = opened.workspace.folder.root
            (root / WORKSPACE_RECORD).unlink()
            if for_good:
                shutil.rmtree(root)
            else:
                self._folder.deleted_workspaces.mkdir(exist_ok=True)
                root.rename(self._folder.deleted_workspaces / f"{root.name}-{uuid.uuid4().hex[:8]}")

    def _refuse_what_is_anothers(self) -> None:
        """Refuse a body that names what is in another workspace: it would be read in this one."""
        if len(self._opened) == 1 or not is_arm(request.path):
            return
        here_is = key_of(here().scope)
        for named in named_in(request.get_data(as_text=True)):
            if key_of(named) in self._opened and key_of(named) != here_is:
                raise ArmError(
                    400,
                    "ValidationError",
                    f"the body names what is in workspace {named.name!r}, and a workspace has no "
                    "more than its own; copy it, or share it by a registry",
                )

    def _build(self, scope: WorkspaceScope) -> ServedWorkspace:
        first = self.first
        root = self._folder.workspace(scope.subscription_id, scope.resource_group, scope.name)
        _link_shared(self._folder, StateFolder(root))
        delete_old_blocks(StateFolder(root))
        built = build_workspace(
            scope, first.identity, root, mapped=first.mapped, prefix=prefix_of(scope)
        )
        # Pollers name no workspace: the first one answers them.
        return replace(built, operations=first.operations)

    def _open(self, workspace: ServedWorkspace) -> _Opened:
        with ExitStack() as opening:
            opening.callback(workspace.online.servers.close)
            started = opening.enter_context(self._start(replace(workspace, directory=self)))
            app = create_app(started)
            app.before_request(self._refuse_what_is_anothers)
            self._change(app)
            opened = _Opened(started, app, opening.pop_all())
        self._opened[key_of(workspace.scope)] = opened
        return opened


def _link_shared(first: StateFolder, further: StateFolder) -> None:
    """Let a workspace have the server's registries and certificates as if they were its own."""
    further.registry.mkdir(parents=True, exist_ok=True)
    further.registry.chmod(0o700)
    first.registries.mkdir(exist_ok=True)
    for shared, name in ((first.registries, further.registries), (first.tls, further.tls)):
        if not name.is_symlink():
            # Relative: a lake may be moved, and copied.
            name.symlink_to(os.path.relpath(shared, name.parent))


def _no_workspace(prefix: str) -> Response:
    message = f"the workspace {prefix.removeprefix(AT + '/')!r} is not served here any more"
    error = {"code": "ResourceNotFound", "message": message}
    return Response(json.dumps({"error": error}), 404, mimetype="application/json")
