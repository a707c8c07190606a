"""The world, for tests: an HTTPS server on loopback, with files and a public blob container."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from aml_pipelines.certificates import ensure_certificates
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BLOB = "<Blob><Name>{}</Name><Properties></Properties></Blob>"
_LIST = (
    '<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{}</Blobs>'
    "<NextMarker/></EnumerationResults>"
)


def _handler(files: Mapping[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = parse_qs(asked.query)
            if query.get("comp") == ["list"]:
                start = f"{asked.path}/{query.get('prefix', [''])[0]}"
                names = [name for name in files if name.startswith(start)]
                blobs = "".join(_BLOB.format(n.removeprefix(f"{asked.path}/")) for n in names)
                self._answer(200, _LIST.format(blobs).encode(), "application/xml")
            elif asked.path in files:
                self._answer(200, files[asked.path], "text/plain")
            else:
                self._answer(404, b"", "text/plain")

        def _answer(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            # "torn" ends before what it has announced.
            announced = len(content) + 5 * self.path.endswith("torn.csv")
            self.send_header("Content-Length", str(announced))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def world(files: Mapping[str, bytes], folder: Path) -> Iterator[tuple[str, Path]]:
    """Serve `files` by their paths; yield host:port, and the certificate to be trusted."""
    certificates = ensure_certificates(folder, [LOOPBACK])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)
    with ThreadingHTTPServer((LOOPBACK, 0), _handler(files)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"{LOOPBACK}:{server.server_address[1]}", certificates.authority
        server.shutdown()
