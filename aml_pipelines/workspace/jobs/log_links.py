"""Links to logs that the client follows without a token, as Azure's signed URLs are."""

from __future__ import annotations

from urllib.parse import quote

from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.signed import LinkSigner

LOGS_PREFIX = "/joblogs"


class LogLinks:
    """The signed links to the logs of jobs and of their nodes."""

    def __init__(self) -> None:
        self._signer = LinkSigner("log")

    def link(self, job: str, node: str = "", file: str = "") -> str:
        path = quote("/".join(part for part in (job, node, file) if part))
        signature = self._signer.signature(job, node, file)
        return f"{address()}{LOGS_PREFIX}/{path}?sig={signature}"

    def is_right(self, job: str, node: str, file: str, signature: str) -> bool:
        return self._signer.is_right(signature, job, node, file)
