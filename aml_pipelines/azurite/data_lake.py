"""Answers Data Lake Storage's API, as mltable's reader calls it, from a container of blobs.

Azurite has the Blob API alone. What is not listed here is refused by name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.storage.blob import BlobProperties, ContainerClient

_PAGE = 5000
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
# How Hadoop's driver marks a folder where a store has none: an empty blob with this metadata.
_IS_FOLDER = "hdi_isfolder"
_NO_TIME = "Thu, 01 Jan 1970 00:00:00 GMT"


@dataclass(frozen=True)
class Call:
    """A request; `headers` are by lower-case name."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query))

    @property
    def path(self) -> str:
        """The path below the container, which is the first segment of a URL."""
        return unquote(urlsplit(self.url).path).lstrip("/").partition("/")[2]


@dataclass(frozen=True)
class Answer:
    """A response; `length` is its Content-Length where there is no body, as for HEAD."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


def refusal(status: int, code: str, message: str) -> Answer:
    """Return an error of Data Lake Storage."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Answer(status, body, {"x-ms-error-code": code, "Content-Type": "application/json"})


def answer_call(container: ContainerClient, call: Call) -> Answer:
    """Return the response to a request for a path of `container`."""
    query = call.query
    match call.method, query.get("resource") or query.get("action"):
        case "GET", "filesystem":
            answer = _list_paths(container, query)
        case "HEAD", None:
            answer = _describe(container, call.path)
        case "GET", None:
            answer = _read(container, call)
        case "PUT", "file":
            container.upload_blob(call.path, b"", overwrite=True)
            answer = Answer(201)
        case "PATCH", "append":
            answer = _append(container, call, position=int(query["position"]))
        case "PATCH", "flush":
            answer = _flush(container, call.path, end=int(query["position"]))
        case _:
            requested = f"{call.method} {call.url.partition('?')[0]} {query}"
            answer = refusal(501, "NotImplemented", f"{requested} is not served from Azurite")
    return answer


def is_folder(blob: BlobProperties) -> bool:
    return (blob.metadata or {}).get(_IS_FOLDER) == "true"


def _list_paths(container: ContainerClient, query: Mapping[str, str]) -> Answer:
    folder = query.get("directory", "").strip("/")
    prefix = f"{folder}/" if folder else ""
    listing: Any = (
        container.list_blobs if query.get("recursive") == "true" else container.walk_blobs
    )
    pages = listing(
        name_starts_with=prefix,
        include=["metadata"],
        results_per_page=min(int(query.get("maxResults") or _PAGE), _PAGE),
    ).by_page(query.get("continuation"))
    paths = {item["name"]: item for item in map(_listed, next(pages, ())) if item["name"] != folder}
    if not paths and folder:
        blob = _find(container, folder)
        if blob is None:
            return refusal(404, "PathNotFound", f"there is nothing at {folder!r}")
        # the list of a file is the file
        paths = {} if is_folder(blob) else {folder: _listed(blob)}
    headers = {"Content-Type": "application/json"}
    if pages.continuation_token:
        headers["x-ms-continuation"] = pages.continuation_token
    return Answer(200, json.dumps({"paths": list(paths.values())}).encode(), headers)


def _listed(blob: BlobProperties) -> dict[str, str]:
    """Return the path that a list has for a blob, or for a prefix of several."""
    if blob.name.endswith("/") or is_folder(blob):
        # a prefix has no time and no etag of its own, and mltable reads no list without them
        folder = {
            "isDirectory": "true",
            "contentLength": "0",
            "lastModified": _NO_TIME,
            "etag": "0",
        }
        return {"name": blob.name.rstrip("/"), **folder}
    return {
        "name": blob.name,
        "contentLength": str(blob.size),
        "lastModified": format_datetime(blob.last_modified, usegmt=True),
        "etag": str(blob.etag),
    }


def _describe(container: ContainerClient, path: str) -> Answer:
    blob = _find(container, path)
    if blob is not None and not is_folder(blob):
        return Answer(200, headers=_headers(blob), length=blob.size)
    if blob is not None or _has_children(container, path):
        return Answer(200, headers={"x-ms-resource-type": "directory"}, length=0)
    return refusal(404, "PathNotFound", f"there is nothing at {path!r}")


def _read(container: ContainerClient, call: Call) -> Answer:
    blob = _find(container, call.path)
    if blob is None:
        return refusal(404, "PathNotFound", f"there is nothing at {call.path!r}")
    requested = call.headers.get("x-ms-range") or call.headers.get("range")
    if not requested:
        whole = container.download_blob(call.path).readall()
        return Answer(200, whole, _headers(blob))
    match = _RANGE.fullmatch(requested)
    if not match or int(match[1]) >= blob.size:
        return refusal(416, "InvalidRange", f"{requested} of {blob.size} bytes")
    begin, end = int(match[1]), min(int(match[2] or blob.size - 1), blob.size - 1)
    part = container.download_blob(call.path, offset=begin, length=end - begin + 1).readall()
    return Answer(
        206, part, {**_headers(blob), "Content-Range": f"bytes {begin}-{end}/{blob.size}"}
    )


def _append(container: ContainerClient, call: Call, *, position: int) -> Answer:
    container.get_blob_client(call.path).stage_block(_block_id(position), call.body)
    return Answer(202)


def _flush(container: ContainerClient, path: str, *, end: int) -> Answer:
    """Commit what was appended to a file: blocks whose ids are their positions."""
    blob = container.get_blob_client(path)
    if end:
        _, staged = blob.get_block_list("uncommitted")
        in_order = sorted(staged, key=lambda block: int(block.id))
        blob.commit_block_list([block for block in in_order if int(block.id) < end])
    return Answer(200)


def _block_id(position: int) -> str:
    return f"{position:018}"  # all of a file's must be of the same length


def _find(container: ContainerClient, path: str) -> BlobProperties | None:
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 # as the client

    try:
        return container.get_blob_client(path).get_blob_properties()
    except ResourceNotFoundError:
        return None


def _has_children(container: ContainerClient, path: str) -> bool:
    return next(iter(container.list_blob_names(name_starts_with=f"{path}/")), None) is not None


def _headers(blob: BlobProperties) -> dict[str, str]:
    return {
        "ETag": str(blob.etag),
        "Last-Modified": format_datetime(blob.last_modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "x-ms-resource-type": "file",
    }
