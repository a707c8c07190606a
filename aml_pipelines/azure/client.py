"""The official client of a target's workspace, in Azure or on this machine, and its credential."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.discovery import read_serving, refuse_unserved

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from azure.ai.ml import MLClient
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import HttpResponseError

    from conf.target import Target

_RESET = "\x1b[39m"
FORBIDDEN, UNAUTHORIZED, NOT_FOUND = 403, 401, 404
RESUMABLE = "run the same command again, which goes on where it stopped"
T = TypeVar("T")


def add_azure_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that all verbs for workspaces share."""
    add_target_argument(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be sent, and send nothing"
    )
    parser.add_argument(
        "--login", action="store_true", help="sign in with a browser, instead of az login"
    )


def asked_target(arguments: argparse.Namespace) -> Target:
    """Load the target of a command line, which must be complete unless this is a dry run."""
    target = command_target(arguments.target)
    if not arguments.dry_run:
        target.require_complete()
    return target


def credential(*, interactive: bool) -> TokenCredential:
    """Return the credential of the person or service that runs this.

    It is that of the environment (a service principal or workload identity), else a managed
    identity, else that of `az login`. A browser opens only with --login.
    """
    from azure.identity import (  # noqa: PLC0415 # a dry run must not wait for it
        DefaultAzureCredential,
        InteractiveBrowserCredential,
    )

    if interactive:
        return InteractiveBrowserCredential()
    return DefaultAzureCredential(
        # Each of these opens a window, or waits for a program that a build agent has not.
        exclude_interactive_browser_credential=True,
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_powershell_credential=True,
        exclude_developer_cli_credential=True,
    )


def enter_workspace(target: Target) -> None:
    """Point Azure's clients in this process at the local workspace, if the target's is local.

    Raises NotServedError, with the command that starts it, when no process serves it.
    """
    if target.is_local:
        refuse_unserved(target)
        os.environ.update(read_serving(Path(target.lake)))


def workspace_client(target: Target, *, interactive: bool = False) -> MLClient:
    """Return the client of a target's workspace; nothing is sent yet."""
    enter_workspace(target)
    _quieten()
    from azure.ai.ml import MLClient  # noqa: PLC0415 # seconds, which dry runs and help save

    return MLClient(
        credential(interactive=interactive),
        target.workspace.subscription_id,
        target.workspace.resource_group,
        target.workspace.name,
        enable_telemetry=False,
        show_progress=False,
    )


def _quieten() -> None:
    # The SDK warns of its own experimental classes on import, and logs every retry.
    for name in ("azure", "azure.ai.ml._utils._experimental"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"azure\..*")


def get_or_none(get: Callable[[], T]) -> T | None:
    """Return the result of `get`, or None where the workspace has no such resource."""
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 # dry runs do without

    try:
        return get()
    except ResourceNotFoundError:
        return None


@contextmanager
def explained(target: Target, doing: str, *, again: str = RESUMABLE) -> Iterator[None]:
    """Turn errors of Azure's clients into one line: what failed, where, and what helps.

    `again` is the advice for a workspace that cannot be reached. Raises CommandFailedError.
    """
    from azure.ai.ml.exceptions import MlException  # noqa: PLC0415 # dry runs do without the SDK
    from azure.core.exceptions import (  # noqa: PLC0415 # same
        AzureError,
        ClientAuthenticationError,
        HttpResponseError,
    )
    from marshmallow.exceptions import MarshmallowError  # noqa: PLC0415 # same

    try:
        with redirect_stderr(_WithoutResets(sys.stderr)):  # type: ignore[type-var] # writes only
            yield
    except ClientAuthenticationError as error:
        text = f"{doing}: not signed in to target {target.name!r}: {_first_line(error)}"
        raise CommandFailedError(f"{text}; az login, or --login for a browser") from error
    except HttpResponseError as error:
        raise CommandFailedError(f"{doing}: {_refusal(error, target)}") from error
    except (MlException, MarshmallowError) as error:
        raise CommandFailedError(f"{doing}: {' '.join(str(error).split())}") from error
    except AzureError as error:
        text = f"{doing}: target {target.name!r} cannot be reached: {_first_line(error)}"
        raise CommandFailedError(f"{text}; {again}") from error


@contextmanager
def workspace_of(arguments: argparse.Namespace, target: Target, doing: str) -> Iterator[MLClient]:
    """Yield the client of a target's workspace, and explain errors that it raises."""
    with explained(target, doing):
        yield workspace_client(target, interactive=arguments.login)


class _WithoutResets:
    """Standard error without the escape that the SDK prints after every upload."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr
        self._follows_reset = False

    def write(self, text: str) -> int:
        is_reset = text.startswith(_RESET) or (self._follows_reset and text == "\n")
        self._follows_reset = text.startswith(_RESET)
        return len(text) if is_reset else self._stderr.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stderr, name)


def _refusal(error: HttpResponseError, target: Target) -> str:
    workspace = target.workspace
    code = error.error.code if error.error else error.reason
    text = f"{error.status_code} {code}: {_told(error.message)}"
    if error.status_code == FORBIDDEN:
        return f"{text}; whoever is signed in lacks a role: docs/azure.md lists which on what"
    if error.status_code == UNAUTHORIZED:
        return f"{text}; az login, or --login for a browser"
    if error.status_code == NOT_FOUND and "workspace" in error.message.lower():
        where = f"{workspace.resource_group}/{workspace.name}"
        return (
            f"{text}; the workspace is {where}: "
            f"python -m aml_pipelines bootstrap --target {target.option} makes what is not there"
        )
    return text


def _told(message: str) -> str:
    """Return a message whole when it has a log, whose end says why; else its first line."""
    return message.strip() if "log:" in message else _first_line(message)


def _first_line(text: object) -> str:
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return lines[0].removesuffix(".") if lines else type(text).__name__
