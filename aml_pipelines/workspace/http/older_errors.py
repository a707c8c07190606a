"""Refusals in the shape that the service's older parts still have, such as that of connections."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from flask import jsonify
from werkzeug.exceptions import HTTPException

_HERE = "local"
_UNSET = ("severity", "messageFormat", "messageParameters", "referenceCode", "detailsUri", "target")


def older_error(status: int, code: str, message: str) -> HTTPException:
    """Return the refusal of a request with `status`, the inner `code` and one line."""
    error: dict[str, object] = {
        **dict.fromkeys((*_UNSET, "debugInfo", "additionalInfo")),
        "code": "UserError",
        "message": message,
        "details": [],
        "innerError": {"code": code, "innerError": None},
    }
    response = jsonify(
        error=error,
        correlation={"operation": secrets.token_hex(16), "request": secrets.token_hex(8)},
        environment=_HERE,
        location=_HERE,
        time=datetime.now(UTC).isoformat(timespec="microseconds"),
        componentName=_HERE,
        statusCode=status,
    )
    response.status_code = status
    return HTTPException(message, response)
