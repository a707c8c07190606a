"""A proxy before Azurite that lets some requests fail, by the rules of the workspace's faults."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, get_args

from aml_pipelines.processes import LOOPBACK
from aml_pipelines.workspace.http.fault_rules import ComingFaults, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

# Closing sends a reset instead of the end of the stream.
_RESET = struct.pack("ii", 1, 0)
_PIECES = 4


@dataclass
class FaultyStore:
    """What requests meet: `throttle` is 503 with Retry-After and `fail` 500, with nothing done.

    `drop` is a reset in the middle of a body, of the request if it has one; an answer without one
    is lost when the work is done. `slow` is an answer in pieces, with a pause before each.
    """

    address: str = ""
    faults: ComingFaults = field(default_factory=ComingFaults)
    pause: float = 0.0
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving_faulty(store: str) -> Iterator[FaultyStore]:
    """Serve the HTTP server at `store` (host and port) with faults while the block runs."""
    faulty = FaultyStore()

    class Handler(_Handler):
        pass

    Handler.store, Handler.faulty = store, faulty
    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        faulty.address = f"{LOOPBACK}:{server.server_port}"
        yield faulty
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store: str
    faulty: FaultyStore

    def do_GET(self) -> None:
        self.faulty.asked.append(f"{self.command} {self.path}")
        fault = self.faulty.faults.take(get_args(Fault), self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if fault == "drop" and length:
            self.rfile.read(length // 2)
            self._reset()
            return
        body = self.rfile.read(length)
        if fault == "throttle":
            self._send(503, {"Retry-After": "1", "x-ms-error-code": "ServerBusy"}, b"")
        elif fault == "fail":
            self._send(500, {"x-ms-error-code": "InternalError"}, b"")
        else:
            self._forward(body, fault)

    do_HEAD = do_PUT = do_DELETE = do_POST = do_PATCH = do_GET  # noqa: N815 # http.server names them so

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        way = http.client.HTTPConnection(self.store)
        way.request(self.command, self.path, body or None, dict(self.headers))
        answer = way.getresponse()
        content = answer.read()
        kept = {k: v for k, v in answer.getheaders() if k.lower() != "transfer-encoding"}
        way.close()
        self._send(answer.status, kept, content, fault)

    def _send(
        self, status: int, headers: dict[str, str], body: bytes, fault: Fault | None = None
    ) -> None:
        if fault == "slow":
            time.sleep(self.faulty.pause)
        if fault == "drop" and not body:
            self._reset()
            return
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "drop":
            self.wfile.write(body[: len(body) // 2])
            self._reset()
        elif fault == "slow":
            size = len(body) // _PIECES + 1
            for start in range(0, len(body), size):
                time.sleep(self.faulty.pause)
                self.wfile.write(body[start : start + size])
        else:
            self.wfile.write(body)

    def _reset(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass
