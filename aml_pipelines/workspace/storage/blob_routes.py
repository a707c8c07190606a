"""Routes of Azure Blob Storage: the part that its client and Azure ML's client use."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import unescape

from flask import Blueprint, Response, request

from aml_pipelines.workspace.http.addresses import STORAGE_PREFIX
from aml_pipelines.workspace.served import here
from aml_pipelines.workspace.storage.blob_content import blob_content
from aml_pipelines.workspace.storage.blobs import OCTETS, BlobError, BlobInfo
from aml_pipelines.workspace.storage.protocol import (
    blob_list,
    check_conditions,
    describe,
    describe_whole,
    page_size,
    refused,
    request_metadata,
    storage_error,
    xml,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.workspace.storage.blobs import Blob, BlobFolder

_BLOCK = re.compile(r"<(?:Latest|Uncommitted|Committed)>([^<]*)</")
_MOST_BLOCKS = 50_000
# Refused, not ignored: a client would believe in a copy or a condition that was not made.
_NOT_SERVED = ("x-ms-copy-source", "If-Modified-Since", "If-Unmodified-Since")


routes = Blueprint("blobs", __name__, url_prefix=f"{STORAGE_PREFIX}/<account>.blob.<_suffix>")
routes.register_error_handler(BlobError, refused)


@routes.get("/")
def list_containers(account: str, _suffix: str) -> Response:
    root = Element("EnumerationResults")
    containers = SubElement(root, "Containers")
    SubElement(SubElement(containers, "Container"), "Name").text = here().accounts.check(account)
    SubElement(root, "NextMarker")
    return xml(root)


@routes.get("/<container>")  # and HEAD
def get_container(account: str, container: str, _suffix: str) -> Response:
    folder = here().accounts.open(account, container)
    if request.args.get("comp") == "list":
        return list_blobs(container, folder, request.args.get("prefix", ""))
    if "comp" in request.args:
        raise _unserved(f"?comp={request.args['comp']}")
    properties = Response(status=200)
    properties.headers["ETag"] = '"0x0"'
    properties.headers["Last-Modified"] = "Thu, 01 Jan 1970 00:00:00 GMT"
    return properties


@routes.put("/<container>")
def put_container(account: str, container: str, _suffix: str) -> Response:
    here().accounts.open(account, container)
    # Clients that create a container before they write take this for success.
    raise storage_error("ContainerAlreadyExists", f"{container!r} is there")


@routes.get("/<container>/<path:name>")  # and HEAD, which Flask answers without the body
def get_blob(account: str, container: str, name: str, _suffix: str) -> Response:
    folder = here().accounts.open(account, container)
    _refuse_unserved()
    if request.args.get("comp") == "blocklist":
        return _block_list(folder, name)
    # What is asked of metadata alone is answered with all of a blob's headers.
    is_metadata = request.method == "HEAD" and request.args.get("comp") == "metadata"
    if "comp" in request.args and not is_metadata:
        raise _unserved(f"?comp={request.args['comp']}")
    blob = folder.blob(name)
    if request.headers.get("If-None-Match") == blob.etag:
        return describe(Response(status=304), blob)
    check_conditions(blob, on="read")
    return describe_whole(blob_content(blob), blob)


@routes.put("/<container>/<path:name>")
def put_blob(account: str, container: str, name: str, _suffix: str) -> Response:
    folder = here().accounts.open(account, container)
    _refuse_unserved()
    _require_length()
    if request.args.get("comp") == "metadata":
        check_conditions(folder.blob(name), on="update")
        return describe(Response(status=200), folder.set_metadata(name, request_metadata()))
    if request.args.get("comp") == "block":
        block = request.args.get("blockid", "")
        folder.put_block(name, block, request.stream, _info().md5)
        return Response(status=201)
    return describe(Response(status=201), _write(folder, name))


@routes.delete("/<container>/<path:name>")
def delete_blob(account: str, container: str, name: str, _suffix: str) -> Response:
    folder = here().accounts.open(account, container)
    _refuse_unserved()
    folder.delete(name, unless=lambda blob: check_conditions(blob, on="update"))
    return Response(status=202)


def _write(folder: BlobFolder, name: str) -> Blob:
    if request.args.get("comp") == "blocklist":
        blocks = [unescape(block) for block in _BLOCK.findall(request.get_data(as_text=True))]
        if len(blocks) > _MOST_BLOCKS:
            raise storage_error("BlockListTooLong", f"a blob has at most {_MOST_BLOCKS:,} blocks")
        return folder.commit(name, blocks, _info(md5="x-ms-blob-content-md5"), unless=_on_write)
    if "comp" in request.args or request.headers.get("x-ms-blob-type") != "BlockBlob":
        kind = request.headers.get("x-ms-blob-type")
        raise _unserved(f"?comp={request.args.get('comp')} of x-ms-blob-type {kind}")
    return folder.write(name, request.stream, _info(), unless=_on_write)


def _block_list(folder: BlobFolder, name: str) -> Response:
    if request.args.get("blocklisttype") != "uncommitted":
        raise _unserved("a list of committed blocks")
    blocks = folder.staged(name)
    if not blocks:
        folder.blob(name)  # without blocks and without a blob, there is nothing of that name
    root = Element("BlockList")
    SubElement(root, "CommittedBlocks")
    uncommitted = SubElement(root, "UncommittedBlocks")
    for block, size in blocks:
        entry = SubElement(uncommitted, "Block")
        SubElement(entry, "Name").text = block
        SubElement(entry, "Size").text = str(size)
    return xml(root)


def _on_write(blob: Blob | None) -> None:
    check_conditions(blob, on="write")


def list_blobs(container: str, folder: BlobFolder, prefix: str, *, base: str = "") -> Response:
    """Answer with a page of the blobs below `prefix`, each name after `base`."""
    delimiter = request.args.get("delimiter")
    size, marker = page_size("maxresults"), _name_of(request.args.get("marker", ""))
    entries = (
        entry
        for entry in _entries(folder.names(prefix), prefix, delimiter)
        if entry[0] >= marker  # a marker is the entry that a page begins with
    )
    shown = list(islice(entries, size))
    following = next(entries, None)
    return blob_list(
        container,
        folder.blobs([name for name, is_folder in shown if not is_folder]),
        [name for name, is_folder in shown if is_folder],
        marker=_marker_of(following[0]) if following else None,
        base=base,
    )


def _marker_of(name: str) -> str:
    # XML has not every name.
    return quote(os.fsencode(name))


def _name_of(marker: str) -> str:
    return os.fsdecode(unquote_to_bytes(marker))


def _entries(
    names: Iterator[str], prefix: str, delimiter: str | None
) -> Iterator[tuple[str, bool]]:
    last_folder = ""
    for name in names:
        begin, delimited, _ = name[len(prefix) :].partition(delimiter or "\0")
        if not delimited:
            yield name, False
        elif prefix + begin + delimited != last_folder:
            last_folder = prefix + begin + delimited
            yield last_folder, True


def _info(md5: str = "Content-MD5") -> BlobInfo:
    content_type = request.headers.get("x-ms-blob-content-type") or OCTETS
    return BlobInfo(request.headers.get(md5), content_type, request_metadata())


def _require_length() -> None:
    # A body without one would be taken for empty, and empty the blob that is there.
    length = request.headers.get("Content-Length")
    if length is None and request.headers.get("Transfer-Encoding") != "chunked":
        raise storage_error("MissingContentLengthHeader", "the request has no Content-Length")
    if length is not None and not length.isdecimal():
        raise storage_error("InvalidHeaderValue", f"Content-Length is {length[:80]!r}")


def _refuse_unserved() -> None:
    for header in _NOT_SERVED:
        if header in request.headers:
            raise _unserved(f"the header {header}")


def _unserved(what: str) -> Exception:
    return storage_error("NotImplemented", f"{request.method} with {what} is not served here")
