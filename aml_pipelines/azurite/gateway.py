"""HTTPS proxy on loopback that answers as the lake's storage account.

A job's clients connect to hosts of Azure through it. It answers for the lake's account and for the
service that describes datastores, and refuses every other host: nothing leaves this machine.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aml_pipelines.azurite.data_lake import Answer, Call, answer_call, refusal
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.storage.blob import ContainerClient

    from aml_pipelines.certificates import Certificates

LOGGER = logging.getLogger(__name__)
SERVICE = "local.api.azureml.ms"
USER = "job"


@dataclass(frozen=True)
class ProxiedLake:
    """The lake's account: its name, host and container, and the secret that its jobs know."""

    account: str
    host: str
    container: ContainerClient
    secret: str


@contextmanager
def serving_gateway(lake: ProxiedLake, certificates: Certificates) -> Iterator[int]:
    """Serve the proxy in threads while the block runs; yields its port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.key)

    class Handler(_Handler):
        pass

    Handler.lake, Handler.tls = lake, tls
    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    """A connection: first CONNECT in clear text, then requests to that host inside TLS."""

    protocol_version = "HTTP/1.1"
    # Small answers would wait 40 ms each for the next packet.
    disable_nagle_algorithm = True
    lake: ProxiedLake
    tls: ssl.SSLContext
    host = ""

    def do_CONNECT(self) -> None:  # http.server names it so
        host = self.path.rpartition(":")[0]
        if not self._is_ours():
            self._refuse(Answer(407, headers={"Proxy-Authenticate": "Basic"}))
        elif host not in (self.lake.host, SERVICE):
            LOGGER.warning("refused to connect a job with %s: nothing leaves this machine", host)
            self._refuse(Answer(403))
        else:
            self.host = host
            self._send(Answer(200, length=None))
            # The same object goes on with what comes out of the tunnel.
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb", self.rbufsize)
            self.wfile = self.connection.makefile("wb")
            self.close_connection = False  # also after HTTP/1.0's CONNECT

    def finish(self) -> None:
        """Close the TLS socket of the tunnel, which the server does not know."""
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.host:
            LOGGER.warning("refused a job's request in the clear: %s", self.path)
            self._refuse(Answer(403))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self._answer(Call(self.command, self.path, headers, body)))

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_POST = do_GET  # noqa: N815 # http.server names them so

    def _answer(self, call: Call) -> Answer:
        if self.host == SERVICE:
            return describe_datastore(call, self.lake.account, self.lake.container.container_name)
        return answer_call(self.lake.container, call)

    def _is_ours(self) -> bool:
        expected = "Basic " + base64.b64encode(f"{USER}:{self.lake.secret}".encode()).decode()
        return hmac.compare_digest(self.headers.get("Proxy-Authorization", ""), expected)

    def _refuse(self, answer: Answer) -> None:
        self._send(answer)
        self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.command != "CONNECT" or answer.status != 200:  # noqa: PLR2004 # a tunnel has none
            length = len(answer.body) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def describe_datastore(call: Call, account: str, container: str) -> Answer:
    """Return the description of the datastore `lake`, as Azure ML's service gives it."""
    name = urlsplit(call.url).path.rpartition("/datastores/")[2]
    if call.method != "GET" or name != "lake":
        return refusal(404, "NotFound", f"the only datastore in Azurite is 'lake', not {name!r}")
    section = {
        "accountName": account,
        "containerName": container,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "credentialType": "None",
        "serviceDataAccessAuthIdentity": "None",
    }
    description = {
        "name": name,
        "dataStoreType": "AzureDataLakeGen2",
        "azureStorageSection": section,
    }
    return Answer(200, json.dumps(description).encode(), {"Content-Type": "application/json"})
