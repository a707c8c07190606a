"""Answers reads of blobs: the whole blob, or a range of it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from flask import Response, request

from aml_pipelines.workspace.storage.blob_pieces import read_pieces
from aml_pipelines.workspace.storage.protocol import storage_error

if TYPE_CHECKING:
    from aml_pipelines.workspace.storage.blobs import Blob

_RANGE = re.compile(r"bytes=(\d{1,19})-(\d{0,19})")


def blob_content(blob: Blob) -> Response:
    """Answer with the range of `blob` that the request names; refuses one beyond its end."""
    # Azure prefers the first where a request has both.
    wanted_range = request.headers.get("x-ms-range") or request.headers.get("Range")
    if not wanted_range:
        answer = _answer(blob, 0, blob.size, 200)
        if blob.info.md5:
            answer.headers["Content-MD5"] = blob.info.md5
        return answer
    match = _RANGE.fullmatch(wanted_range)
    begin = int(match[1]) if match else 0
    if not match or begin >= blob.size or (match[2] and int(match[2]) < begin):
        raise storage_error("InvalidRange", f"{wanted_range[:80]!r} of {blob.size} bytes")
    end = min(int(match[2]) + 1, blob.size) if match[2] else blob.size
    answer = _answer(blob, begin, end, 206)
    answer.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{blob.size}"
    if blob.info.md5:
        answer.headers["x-ms-blob-content-md5"] = blob.info.md5
    if request.headers.get("x-ms-range-get-content-md5") == "true":
        part = b"".join(read_pieces(blob.path, begin, end - begin))
        digest = hashlib.md5(part, usedforsecurity=False).digest()
        answer.headers["Content-MD5"] = base64.b64encode(digest).decode()
    return answer


def _answer(blob: Blob, begin: int, end: int, status: int) -> Response:
    content = () if request.method == "HEAD" else read_pieces(blob.path, begin, end - begin)
    answer = Response(content, status, mimetype=blob.info.content_type)
    answer.headers["Content-Length"] = str(end - begin)
    return answer
