"""The server under load: idle connections, many clients at once, and an end without warning."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest

from aml_pipelines.workspace import server
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.store.versions import Versions
from tests.integration.plain_https import PlainClient
from tests.integration.workspace_here import workspace_here
from tests.integration.workspace_jobs import workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATH = "azureml://datastores/lake/paths/gold/train"


def send(client: PlainClient, method: str, path: str, body: object = None) -> int:
    return client.send(method, f"{client.workspace}{path}?api-version=2023-04-01", body)[0]


def connect(env: Mapping[str, str]) -> socket.socket:
    port = int(env["AZUREML_DEV_URL_MFE"].rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_connection_that_sends_nothing_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.QuietHandler.timeout, "a connection may be idle without end"
    monkeypatch.setattr(server.QuietHandler, "timeout", 0.2)
    with workspace_here(tmp_path) as served, connect(served.env) as idle:
        assert idle.recv(1) == b""


def test_who_holds_all_connections_idle_keeps_others_waiting_and_not_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.QuietHandler, "timeout", 1)
    monkeypatch.setattr(server, "_CONNECTIONS", 4)
    with workspace_here(tmp_path) as served:
        caller = PlainClient(served.env)
        idle = [connect(served.env) for _ in range(4)]
        with pytest.raises((TimeoutError, URLError)):
            caller.send("GET", f"{caller.workspace}/data", timeout=0.3)
        assert send(caller, "GET", "/data") == 200
        for connection in idle:
            connection.close()


def test_two_hundred_clients_at_once_are_all_answered(tmp_path: Path) -> None:
    with workspace_here(tmp_path) as served, ThreadPoolExecutor(200) as clients:
        caller = PlainClient(served.env)
        body = {"properties": {"dataType": "mltable", "dataUri": PATH}}
        together = threading.Barrier(200)

        def register(at: int) -> int:
            together.wait()
            return send(caller, "PUT", f"/data/train{at % 20}/versions/{at}", body)

        assert set(clients.map(register, range(200))) == {201}
    registered = sum(len(Versions(tmp_path, DATA).versions(f"train{at}")) for at in range(20))
    assert registered == 200


def test_what_was_acknowledged_survives_an_end_without_warning(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with workspace(tmp_path) as served:
        caller = PlainClient(served.env)
        body = {"properties": {"dataType": "mltable", "dataUri": PATH}}

        def register() -> None:
            while True:
                version = f"{len(acknowledged) + 1}"
                try:
                    status = send(caller, "PUT", f"/data/train/versions/{version}", body)
                except (OSError, HTTPException):  # the end
                    return
                assert status == 201
                acknowledged.append(version)

        client = threading.Thread(target=register)
        client.start()
        while len(acknowledged) < 20:
            time.sleep(0.01)
        os.kill(served.pid, signal.SIGKILL)
        client.join()
    kept = {asset.version for asset in Versions(tmp_path, DATA).versions("train")}
    assert set(acknowledged) <= kept
