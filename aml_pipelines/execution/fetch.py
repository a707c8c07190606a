"""Fetches data elsewhere into the folder of an address: whole or not at all, and recorded."""

from __future__ import annotations

import os
import shutil
import ssl
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit

import certifi

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.files import flush_to_disk, write_json
from aml_pipelines.hashing import file_hashes
from aml_pipelines.pipeline.addresses import FETCHABLE, place_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Report = Callable[[int, int], None]  # bytes so far, and in all or 0

_BLOCK = 1 << 20
_WEB = ("http", "https")
_SECONDS = 60.0


def fetch(address: str, fetched: Path, report: Report) -> Path:
    """Bring the data at `address` into its folder below `fetched`; return the file or folder.

    Raises CommandFailedError when it cannot be read.
    """
    place = place_of(address, fetched)
    part = fetched / f".{place.parent.name}.{uuid.uuid4().hex}.part"
    part.mkdir(parents=True)
    try:
        _download(address, part / place.name, report)
        hashes = file_hashes(part / place.name)
        # What stands after the question mark may be a secret.
        about = {"address": address.partition("?")[0], "fetched": _now(), "sha256": hashes}
        write_json(fetched / f"{place.parent.name}.json", about)
        if place.parent.exists():
            shutil.rmtree(place.parent)
        part.rename(place.parent)
    except (OSError, ValueError) as error:
        raise CommandFailedError(f"{address!r} cannot be fetched: {_reason(error)}") from error
    finally:
        if part.exists():
            shutil.rmtree(part)
    return place


def _download(address: str, to: Path, report: Report) -> None:
    parts = urlsplit(address)
    if parts.scheme not in FETCHABLE:
        raise ValueError(f"{parts.scheme} is read by Azure alone; name a local copy with --map")
    if parts.scheme in _WEB:
        _download_file(address, to, report)
        return
    path = quote(unquote(parts.path))
    host = parts.netloc.rpartition("@")[2].replace(".dfs.", ".blob.", 1)
    container = f"https://{host}/{parts.username or ''}"
    names = _blobs(container, unquote(parts.path).strip("/"))
    if names is None:
        _download_file(f"{container}{path}", to, report)
        return
    for name, inside in names.items():
        (to / inside).parent.mkdir(parents=True, exist_ok=True)
        _download_file(f"{container}/{quote(name)}", to / inside, report)


def _blobs(container: str, path: str) -> dict[str, str] | None:
    """Map the blobs of a public folder to their paths in it; None where `path` is a file."""
    from azure.core.exceptions import AzureError  # noqa: PLC0415 # a third of a second
    from azure.storage.blob import ContainerClient  # noqa: PLC0415 # same

    prefix = f"{path}/" if path else ""
    try:
        with ContainerClient.from_container_url(container, retry_total=0) as client:
            names = list(client.list_blob_names(name_starts_with=prefix))
    except AzureError:
        # Many public containers let blobs be read and not be listed: then it must be a file.
        return None
    inside = {name: name.removeprefix(prefix) for name in names if not name.endswith("/")}
    return inside or None


def _download_file(url: str, to: Path, report: Report) -> None:
    # As the clients of Azure's packages do: else their own authorities, and not the machine's.
    trusted = os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
    context = ssl.create_default_context(cafile=trusted)
    request = urllib.request.Request(url)  # noqa: S310 # http or https, by its callers
    with urllib.request.urlopen(request, timeout=_SECONDS, context=context) as answer:  # noqa: S310 # same
        expected, got = int(answer.headers.get("Content-Length") or 0), 0
        with to.open("wb") as file:
            while block := answer.read(_BLOCK):
                file.write(block)
                got += len(block)
                report(got, expected)
            flush_to_disk(file)
    if expected and got != expected:
        raise ValueError(f"{got} of {expected} bytes came")


def _reason(error: Exception) -> object:
    is_status = isinstance(error, HTTPError)  # its reason lacks the number
    return error.reason if isinstance(error, URLError) and not is_status else error


def _now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="seconds")
