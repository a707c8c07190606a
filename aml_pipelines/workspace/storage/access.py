"""Links that give access to a container: what they permit, until when, and their signature."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import request

from aml_pipelines.workspace.http.signed import LinkSigner
from aml_pipelines.workspace.storage.protocol import VERSION

_LASTS = timedelta(hours=8)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# The letter of `sp` that a method needs; a list needs `l`.
_NEEDED = {"GET": "r", "HEAD": "r", "PUT": "w", "POST": "w", "PATCH": "w", "DELETE": "d"}


class AccessLinks:
    """Signs the query of links to containers; links of another `purpose` open none of these."""

    def __init__(self, purpose: str) -> None:
        self._signer = LinkSigner(purpose)

    def query(self, container: str, permitted: str, now: datetime | None = None) -> str:
        """Return the query that permits `permitted`, letters such as "rwl", on a container."""
        end = ((now or datetime.now(UTC)) + _LASTS).strftime(_TIME)
        signature = self._signer.signature(container, permitted, end)
        fields = {"sv": VERSION, "sr": "c", "sp": permitted, "se": end, "sig": signature}
        return urlencode(fields)

    def is_right(self, container: str) -> bool:
        """Return whether the request's query permits on `container` what it asks for."""
        permitted, end = request.args.get("sp", ""), request.args.get("se", "")
        if not self._signer.is_right(request.args.get("sig", ""), container, permitted, end):
            return False
        is_list = request.args.get("comp") == "list"
        needed = "l" if is_list else _NEEDED.get(request.method, "w")
        return needed in permitted and datetime.now(UTC).strftime(_TIME) < end
