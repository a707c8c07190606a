"""The files of a registry's assets: where they lie, and the addresses by which they are named."""

from __future__ import annotations

import re
import secrets
import shutil
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aml_pipelines.errors import RefusedError
from aml_pipelines.files import lay_copy

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.workspace.registries.store import RegistryFolder
    from aml_pipelines.workspace.storage.uploads import Uploads

# An address of this server, …/storage/ACCOUNT/CONTAINER/PATH, or one that was answered.
_ADDRESS = re.compile(r"/(?:storage/[^/]+/)?(?P<container>[0-9a-f]{32})(?:/(?P<path>.*))?")


def keep_upload(registry: RegistryFolder, address: str, uploads: Uploads) -> str:
    """Copy what was uploaded to `address` into the registry; returns its address there.

    An address that was answered may be sent back. Raises RefusedError for any other.
    """
    container, path = _parts(registry, address)
    uploaded = uploads.find(container)
    if uploaded:
        registry.files.mkdir(parents=True, exist_ok=True)
        lay_copy(uploaded, registry.files / container)
    _folder(registry, container)
    return _address(registry, container, path)


def keep_copy(registry: RegistryFolder, source: Path) -> str:
    """Copy a file or folder into the registry; returns its address."""
    container = secrets.token_hex(16)
    copy = registry.files / container / source.name
    copy.parent.mkdir(parents=True)
    if source.is_dir():
        shutil.copytree(source, copy, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, copy)
    return _address(registry, container, source.name)


def open_copy(registry: RegistryFolder, address: str, uploads: Uploads) -> str:
    """Lay the files of `address` where clients may read them; returns the container's name."""
    container, _ = _parts(registry, address)
    uploads.lay(container, _folder(registry, container))
    return container


def place_of(registry: RegistryFolder, address: str) -> Path:
    """Return the file or folder that `address` names in the registry."""
    container, path = _parts(registry, address)
    return _folder(registry, container) / path


def _address(registry: RegistryFolder, container: str, path: str) -> str:
    # Of Azure's form, and no server's: a client asks for a signed one before it reads.
    return f"https://{registry.name}.blob.core.windows.net/{container}/{path}".rstrip("/")


def _folder(registry: RegistryFolder, container: str) -> Path:
    folder = registry.files / container
    if not folder.is_dir():
        raise RefusedError(f"{container!r} was not uploaded to the registry {registry.name!r}")
    return folder


def _parts(registry: RegistryFolder, address: str) -> tuple[str, str]:
    found = _ADDRESS.fullmatch(unquote(urlsplit(address).path))
    if not found:
        raise RefusedError(f"{address!r} was not uploaded to the registry {registry.name!r}")
    return found["container"], found["path"] or ""
