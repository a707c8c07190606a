"""Routes of Data Lake Storage: the list of paths; all else is refused.

Its clients read the files themselves as blobs.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.addresses import STORAGE_PREFIX
from aml_pipelines.workspace.served import here
from aml_pipelines.workspace.storage.blobs import BlobError
from aml_pipelines.workspace.storage.protocol import (
    last_modified,
    page_size,
    refused,
    storage_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aml_pipelines.workspace.storage.blobs import Blob


routes = Blueprint("filesystems", __name__, url_prefix=f"{STORAGE_PREFIX}/<account>.dfs.<_s>")
routes.register_error_handler(BlobError, refused)


@routes.get("/<container>")
def list_paths(account: str, container: str, _s: str) -> Response:
    folder = here().accounts.open(account, container)
    directory = request.args.get("directory", "").strip("/")
    prefix = f"{directory}/" if directory else ""
    names = [
        name
        for name in folder.names(directory)
        if name.startswith(prefix) or (name == directory and _is_listed_alone(name))
    ]
    if directory and not names:
        raise storage_error("PathNotFound", f"there is nothing at {directory!r}")
    return _page([*_folders(names, prefix), *_files(folder.blobs(names), prefix)])


@routes.route("/<container>/<path:path>", methods=["GET", "PUT", "PATCH", "DELETE"])
def refuse(account: str, container: str, path: str, _s: str) -> Response:
    here().accounts.open(account, container)
    raise storage_error(
        "NotImplemented",
        f"{request.method} {path!r}: Data Lake's own API is not served but to list; "
        "use azure-storage-blob",
    )


def _is_listed_alone(name: str) -> bool:
    # The list of a file is the file: the client downloads outputs of files by it. But if the client
    # found the MLTable that it registers, it would fetch a schema from the Internet: a request that
    # leaves the machine, or 5 s without a network. It registers without the schema all the same.
    return name.rpartition("/")[2] != "MLTable"


def _page(paths: Sequence[dict[str, str]]) -> Response:
    ordered = iter(sorted(paths, key=lambda path: path["name"]))
    begin = request.args.get("continuation", "")
    left = (path for path in ordered if path["name"] >= begin)
    shown = list(islice(left, page_size("maxResults")))
    answer = jsonify(paths=shown)
    following = next(left, None)
    if following:
        answer.headers["x-ms-continuation"] = following["name"]
    return answer


def _folders(names: Iterable[str], prefix: str) -> Iterator[dict[str, str]]:
    inner = {name[len(prefix) :].rpartition("/")[0] for name in names} - {""}
    steps = {"/".join(path.split("/")[: n + 1]) for path in inner for n in range(path.count("/"))}
    for folder in inner | steps:
        if _is_shown(folder):
            yield {"name": prefix + folder, "isDirectory": "true", "contentLength": "0"}


def _files(blobs: Iterable[Blob], prefix: str) -> Iterator[dict[str, str]]:
    for blob in blobs:
        if _is_shown(blob.name[len(prefix) :]):
            yield {
                "name": blob.name,
                "contentLength": str(blob.size),
                "lastModified": last_modified(blob),
                "etag": blob.etag.strip('"'),
            }


def _is_shown(path: str) -> bool:
    return request.args.get("recursive") == "true" or "/" not in path
