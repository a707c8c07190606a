"""Routes of blobs: the part of Azure Blob Storage that its client and Azure ML's use."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import unescape

from flask import Blueprint, Response, request

from aml_pipelines.workspace.storage.blob_content import blob_content
from aml_pipelines.workspace.storage.blobs import OCTETS, BlobError, Facts
from aml_pipelines.workspace.storage.protocol import (
    STORAGE_PREFIX,
    blob_list,
    check_conditions,
    describe,
    describe_whole,
    given_metadata,
    page_size,
    refused,
    storage_error,
    xml,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.workspace.storage.accounts import Accounts
    from aml_pipelines.workspace.storage.blobs import Blob, Container

_BLOCK = re.compile(r"<(?:Latest|Uncommitted|Committed)>([^<]*)</")
_NOT_SERVED = ("x-ms-copy-source", "If-Modified-Since", "If-Unmodified-Since")


def blob_routes(accounts: Accounts) -> Blueprint:
    """Serve the containers of `accounts`."""
    routes = Blueprint("blobs", __name__, url_prefix=f"{STORAGE_PREFIX}/<account>.blob.<_suffix>")
    routes.register_error_handler(BlobError, refused)
    _add_container_routes(routes, accounts)
    _add_delete(routes, accounts)

    @routes.put("/<container>/<path:name>")
    def put(account: str, container: str, name: str, _suffix: str) -> Response:
        opened = accounts.open(account, container)
        _refuse_unserved()
        if request.args.get("comp") == "metadata":
            check_conditions(opened.blob(name), on="update")
            return describe(Response(status=200), opened.tell(name, given_metadata()))
        if request.args.get("comp") == "block":
            opened.put_block(name, request.args.get("blockid", ""), request.stream, _facts().md5)
            return Response(status=201)
        return describe(Response(status=201), _write(opened, name))

    @routes.get("/<container>/<path:name>")  # and HEAD, which Flask answers without the body
    def get(account: str, container: str, name: str, _suffix: str) -> Response:
        opened = accounts.open(account, container)
        _refuse_unserved()
        if request.args.get("comp") == "blocklist":
            return _block_list(opened, name)
        if "comp" in request.args:
            raise _unserved(f"?comp={request.args['comp']}")
        blob = opened.blob(name)
        if request.headers.get("If-None-Match") == blob.etag:
            return describe(Response(status=304), blob)
        check_conditions(blob, on="read")
        return describe_whole(blob_content(blob), blob)

    return routes


def _add_delete(routes: Blueprint, accounts: Accounts) -> None:
    @routes.delete("/<container>/<path:name>")
    def delete(account: str, container: str, name: str, _suffix: str) -> Response:
        opened = accounts.open(account, container)
        _refuse_unserved()
        opened.delete(name, unless=lambda found: check_conditions(found, on="update"))
        return Response(status=202)


def _add_container_routes(routes: Blueprint, accounts: Accounts) -> None:
    @routes.get("/")
    def list_containers(account: str, _suffix: str) -> Response:
        root = Element("EnumerationResults")
        containers = SubElement(root, "Containers")
        SubElement(SubElement(containers, "Container"), "Name").text = accounts.check(account)
        SubElement(root, "NextMarker")
        return xml(root)

    @routes.get("/<container>")  # and HEAD
    def get_container(account: str, container: str, _suffix: str) -> Response:
        opened = accounts.open(account, container)
        if request.args.get("comp") == "list":
            return _list(container, opened)
        if "comp" in request.args:
            raise _unserved(f"?comp={request.args['comp']}")
        found = Response(status=200)
        found.headers["ETag"] = '"0x0"'
        found.headers["Last-Modified"] = "Thu, 01 Jan 1970 00:00:00 GMT"
        return found

    @routes.put("/<container>")
    def put_container(account: str, container: str, _suffix: str) -> Response:
        accounts.open(account, container)
        raise storage_error("ContainerAlreadyExists", f"{container!r} is there")


def _write(opened: Container, name: str) -> Blob:
    if request.args.get("comp") == "blocklist":
        blocks = [unescape(block) for block in _BLOCK.findall(request.get_data(as_text=True))]
        return opened.commit(name, blocks, _facts(told="x-ms-blob-content-md5"), unless=_on_write)
    if "comp" in request.args or request.headers.get("x-ms-blob-type") != "BlockBlob":
        kind = request.headers.get("x-ms-blob-type")
        raise _unserved(f"?comp={request.args.get('comp')} of x-ms-blob-type {kind}")
    return opened.write(name, request.stream, _facts(), unless=_on_write)


def _block_list(opened: Container, name: str) -> Response:
    if request.args.get("blocklisttype") != "uncommitted":
        raise _unserved("a list of committed blocks")
    blocks = opened.staged(name)
    if not blocks:
        opened.blob(name)  # without blocks and without a blob, there is nothing of that name
    root = Element("BlockList")
    SubElement(root, "CommittedBlocks")
    uncommitted = SubElement(root, "UncommittedBlocks")
    for block, size in blocks:
        entry = SubElement(uncommitted, "Block")
        SubElement(entry, "Name").text = block
        SubElement(entry, "Size").text = str(size)
    return xml(root)


def _on_write(found: Blob | None) -> None:
    check_conditions(found, on="write")


def _list(container: str, opened: Container) -> Response:
    prefix, delimiter = request.args.get("prefix", ""), request.args.get("delimiter")
    size, marker = page_size("maxresults"), request.args.get("marker", "")
    entries = (
        entry
        for entry in _entries(opened.names(prefix), prefix, delimiter)
        if entry[0] >= marker  # a marker is the entry that a page begins with
    )
    shown = list(islice(entries, size))
    following = next(entries, None)
    return blob_list(
        container,
        opened.blobs([name for name, is_folder in shown if not is_folder]),
        [name for name, is_folder in shown if is_folder],
        marker=following[0] if following else None,
    )


def _entries(
    names: Iterator[str], prefix: str, delimiter: str | None
) -> Iterator[tuple[str, bool]]:
    last_folder = ""
    for name in names:
        begin, found, _ = name[len(prefix) :].partition(delimiter or "\0")
        if not found:
            yield name, False
        elif prefix + begin + found != last_folder:
            last_folder = prefix + begin + found
            yield last_folder, True


def _facts(told: str = "Content-MD5") -> Facts:
    content_type = request.headers.get("x-ms-blob-content-type") or OCTETS
    return Facts(request.headers.get(told), content_type, given_metadata())


def _refuse_unserved() -> None:
    for header in _NOT_SERVED:
        if header in request.headers:
            raise _unserved(f"the header {header}")


def _unserved(what: str) -> Exception:
    return storage_error("NotImplemented", f"{request.method} with {what} is not served here")
