"""Servers on loopback that take messages as a webhook and as a mail server do."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Webhook(ThreadingHTTPServer):
    """A webhook that keeps the JSON that it is sent; it answers with `status`."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _WebhookHandler)
        self.status = status
        self.taken: list[dict[str, Any]] = []
        self.authorized: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/secret-token"


class _WebhookHandler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/json"
        self.server.taken.append(json.loads(body))
        self.server.authorized.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class MailServer(socketserver.ThreadingTCPServer):
    """An SMTP server that keeps what it is sent: what was said, and the mails.

    With a `context` it offers STARTTLS; it takes any user.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.context = context
        self.said: list[str] = []
        self.mails: list[str] = []

    def url(self, scheme: str, user: str = "") -> str:
        return f"{scheme}://{user}localhost:{self.server_address[1]}"


class _MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._answer("220 ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            word = line.partition(" ")[0].upper()
            self.server.said.append("AUTH" if word == "AUTH" else line)
            if word == "EHLO":
                offers = ["STARTTLS"] if self.server.context and not self._is_private else []
                lines = ["localhost", *offers, "AUTH PLAIN"]
                for number, text in enumerate(lines, start=1):
                    self._answer(f"250{' ' if number == len(lines) else '-'}{text}")
            elif word == "STARTTLS":
                self._answer("220 go ahead")
                self._become_private()
            elif word == "AUTH":
                self._answer("235 welcome")
            elif word == "DATA":
                self._answer("354 go on")
                self.server.mails.append(self._mail())
                self._answer("250 taken")
            else:
                self._answer("221 bye" if word == "QUIT" else "250 fine")
        if self._is_private:
            self.request.close()  # the server closes the socket beneath it alone

    @property
    def _is_private(self) -> bool:
        return isinstance(self.request, ssl.SSLSocket)

    def _become_private(self) -> None:
        assert self.server.context
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.setup()

    def _mail(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)

    def _answer(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve while the block runs."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
