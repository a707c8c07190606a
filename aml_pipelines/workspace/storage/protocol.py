"""Azure Storage conventions of all routes: addresses, errors, preconditions, headers, lists."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response, request
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aml_pipelines.workspace.storage.blobs import Blob, BlobError

# Jobs may have written files of any name.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
METADATA = "x-ms-meta-"
VERSION = "2021-08-06"
_PAGE = 5000
_STATUS = {
    "AuthenticationFailed": 403,
    "AuthorizationPermissionMismatch": 403,
    "BlobAlreadyExists": 409,
    "BlobNotFound": 404,
    "ConditionNotMet": 412,
    "ContainerAlreadyExists": 409,
    "ContainerNotFound": 404,
    "InvalidAuthenticationInfo": 401,
    "InvalidRange": 416,
    "MissingContentLengthHeader": 411,
    "PathNotFound": 404,
    "NotImplemented": 501,
    "ResourceTypeMismatch": 409,
}


def _printable(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def storage_error(code: str, message: str = "") -> HTTPException:
    """Return an error in Azure Storage's shape."""
    error = Element("Error")
    SubElement(error, "Code").text = code
    SubElement(error, "Message").text = _printable(message or code)
    response = xml(error, _STATUS.get(code, 400))
    response.headers["x-ms-error-code"] = code
    return HTTPException(response=response)


def refused(error: BlobError) -> Response:
    """Answer a request with a blob's error."""
    response = storage_error(error.code, str(error)).response
    return response if isinstance(response, Response) else Response(status=400)


def xml(root: Element, status: int = 200) -> Response:
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, status, mimetype="application/xml")


def page_size(parameter: str) -> int:
    """Return the page size that the request names, at most 5000."""
    size = request.args.get(parameter) or str(_PAGE)
    if not size.isdecimal() or int(size) == 0:
        raise storage_error("OutOfRangeQueryParameterValue", f"{parameter} is {size!r}")
    return min(int(size), _PAGE)


def check_conditions(blob: Blob | None, *, on: Literal["read", "write", "update"]) -> None:
    """Refuse the request when its If-Match or If-None-Match does not hold."""
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if blob and if_none_match == "*" and on == "write":
        raise storage_error("BlobAlreadyExists", f"{blob.name!r} is there")
    if if_match and (blob is None or if_match not in ("*", blob.etag)):
        raise storage_error("ConditionNotMet", f"If-Match {if_match} does not hold")
    if blob and if_none_match == blob.etag:
        raise storage_error("ConditionNotMet", f"If-None-Match {if_none_match} does not hold")


def request_metadata() -> dict[str, str]:
    """Return the metadata in the request's headers."""
    headers = request.environ.get(METADATA, {}).items()
    return {str(name).removeprefix(METADATA): str(value) for name, value in headers}


def describe(response: Response, blob: Blob) -> Response:
    """Add the headers of every answer about `blob`."""
    response.headers["ETag"] = blob.etag
    response.headers["Last-Modified"] = last_modified(blob)
    response.headers["x-ms-version"] = VERSION
    response.headers["x-ms-request-server-encrypted"] = "true"
    return response


def describe_whole(response: Response, blob: Blob) -> Response:
    """Add the headers of an answer with the properties of `blob`."""
    response.headers["x-ms-blob-type"] = "BlockBlob"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["x-ms-lease-status"] = "unlocked"
    response.headers["x-ms-lease-state"] = "available"
    for key, value in blob.info.metadata.items():
        response.headers[f"{METADATA}{key}"] = value
    return describe(response, blob)


def blob_list(
    container: str,
    blobs: Sequence[Blob],
    prefixes: Sequence[str],
    *,
    marker: str | None,
    base: str = "",
) -> Response:
    """Answer with a page of blobs and of the folders among them, each name after `base`."""
    root = Element("EnumerationResults", ContainerName=container)
    for parameter in ("Prefix", "Marker", "MaxResults", "Delimiter"):
        if parameter.lower() in request.args:
            SubElement(root, parameter).text = _printable(request.args[parameter.lower()])
    entries = SubElement(root, "Blobs")
    for blob in blobs:
        _add_blob(entries, blob, base)
    for prefix in prefixes:
        _add_name(SubElement(entries, "BlobPrefix"), base + prefix)
    SubElement(root, "NextMarker").text = marker
    return xml(root)


def _add_name(parent: Element, name: str) -> None:
    """Add a name, encoded as Azure encodes those that XML cannot have."""
    if _NOT_XML.search(name):
        encoded = SubElement(parent, "Name", Encoded="true")
        encoded.text = quote(os.fsencode(name))
    else:
        SubElement(parent, "Name").text = name


def _add_blob(entries: Element, blob: Blob, base: str) -> None:
    item = SubElement(entries, "Blob")
    _add_name(item, base + blob.name)
    properties = SubElement(item, "Properties")
    for name, value in (
        ("Creation-Time", last_modified(blob)),
        ("Last-Modified", last_modified(blob)),
        ("Etag", blob.etag.strip('"')),
        ("Content-Length", str(blob.size)),
        ("Content-Type", blob.info.content_type),
        ("Content-MD5", blob.info.md5),
        ("BlobType", "BlockBlob"),
        ("LeaseStatus", "unlocked"),
        ("LeaseState", "available"),
    ):
        SubElement(properties, name).text = value
    if "metadata" in request.args.get("include", ""):
        metadata = SubElement(item, "Metadata")
        for name, value in blob.info.metadata.items():
            SubElement(metadata, name).text = value


def last_modified(blob: Blob) -> str:
    """Return the time of the last change of `blob`, as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(blob.modified // 10**9, UTC), usegmt=True)
