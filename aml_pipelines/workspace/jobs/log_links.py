"""Links to logs that the client follows without a token, as Azure's signed URLs are."""

from __future__ import annotations

from urllib.parse import quote

from flask import request

from aml_pipelines.workspace.http.signed import LinkSigner

LOGS_PREFIX = "/joblogs"


class LogLinks:
    """The signed links to the logs of jobs and of their nodes."""

    def __init__(self) -> None:
        self._signer = LinkSigner("log")

    def link(self, job: str, node: str = "") -> str:
        path = quote(f"{job}/{node}" if node else job)
        signature = self._signer.signature(job, node)
        return f"https://{request.host}{LOGS_PREFIX}/{path}?sig={signature}"

    def is_right(self, job: str, node: str, signature: str) -> bool:
        return self._signer.is_right(signature, job, node)
