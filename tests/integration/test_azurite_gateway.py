"""A lake in a real Azurite: what readers of Data Lake find there, and what nobody gets."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from azure.storage.blob import BlobBlock

from aml_pipelines.azurite.data_lake import Call, answer_call
from aml_pipelines.azurite.lake import AbfsLake, serving_lake
from aml_pipelines.errors import NodeFailedError
from tests.azurite_target import LAKE, PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
HOST = "azuritetests.dfs.core.windows.net"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AbfsLake]:
    with serving_lake(LAKE, tmp_path_factory.mktemp("state")) as served:
        yield served


def asked(lake: AbfsLake, method: str, url: str, **given: bytes) -> bytes:
    answer = answer_call(lake.container, Call(method, url, body=given.get("body", b"")))
    assert answer.status < 300, answer
    return answer.body


def tunnel(lake: AbfsLake, host: str, secret: str | None = None) -> http.client.HTTPSConnection:
    """Connect with a host as a job's clients do."""
    proxy = urlsplit(lake.reader_environment["HTTPS_PROXY"])
    given = f"{proxy.username}:{secret or proxy.password}".encode()
    trusted = ssl.create_default_context(cafile=lake.reader_environment["SSL_CERT_FILE"])
    way = http.client.HTTPSConnection(str(proxy.hostname), proxy.port, context=trusted)
    way.set_tunnel(host, 443, {"Proxy-Authorization": "Basic " + base64.b64encode(given).decode()})
    return way


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_file_is_what_was_appended_in_its_order_and_is_read_whole_or_in_part(
    lake: AbfsLake,
) -> None:
    asked(lake, "PUT", "/lake/published/a%20b/MLTable?resource=file")
    asked(lake, "PATCH", "/lake/published/a%20b/MLTable?action=append&position=5", body=b"table")
    asked(lake, "PATCH", "/lake/published/a%20b/MLTable?action=append&position=0", body=b"whole")
    asked(lake, "PATCH", "/lake/published/a%20b/MLTable?action=flush&position=10")
    assert asked(lake, "GET", "/lake/published/a%20b/MLTable") == b"wholetable"
    part = Call("GET", "/lake/published/a%20b/MLTable", {"range": "bytes=3-6"})
    answer = answer_call(lake.container, part)
    assert (answer.status, answer.body) == (206, b"leta")
    assert answer.headers["Content-Range"] == "bytes 3-6/10"
    described = answer_call(lake.container, Call("HEAD", "/lake/published/a%20b/MLTable"))
    assert (described.length, described.headers["x-ms-resource-type"]) == (10, "file")


def test_a_list_has_files_and_folders_also_those_that_hadoop_marks(lake: AbfsLake) -> None:
    lake.container.upload_blob("gold/rows/_delta_log/0.json", b"{}")
    lake.container.upload_blob("gold/rows/part.parquet", b"rows")
    lake.container.upload_blob("gold/rows/empty", b"", metadata={"hdi_isfolder": "true"})
    lake.container.upload_blob("gold/rows_of_others", b"")

    def listed(url: str) -> dict[str, bool]:
        paths = json.loads(asked(lake, "GET", url))["paths"]
        assert all(path["lastModified"] and path["etag"] for path in paths)
        return {path["name"]: path.get("isDirectory") == "true" for path in paths}

    query = "/lake?resource=filesystem&maxResults=5000"
    assert listed(f"{query}&recursive=false&directory=gold%2Frows") == {
        "gold/rows/_delta_log": True,
        "gold/rows/empty": True,
        "gold/rows/part.parquet": False,
    }
    assert listed(f"{query}&recursive=false&directory=gold%2Frows%2Fpart.parquet") == {
        "gold/rows/part.parquet": False
    }
    nothing = answer_call(lake.container, Call("GET", f"{query}&directory=gold%2Fnone"))
    assert (nothing.status, nothing.headers["x-ms-error-code"]) == (404, "PathNotFound")
    is_folder = answer_call(lake.container, Call("HEAD", "/lake/gold/rows"))
    assert is_folder.headers["x-ms-resource-type"] == "directory"


def test_a_long_list_comes_in_pages(lake: AbfsLake) -> None:
    for number in range(3):
        lake.container.upload_blob(f"many/{number}", b"")
    query = "/lake?resource=filesystem&recursive=true&directory=many&maxResults=2"
    first = answer_call(lake.container, Call("GET", query))
    following = first.headers["x-ms-continuation"]
    second = answer_call(lake.container, Call("GET", f"{query}&continuation={following}"))
    names = [[path["name"] for path in json.loads(a.body)["paths"]] for a in (first, second)]
    assert names == [["many/0", "many/1"], ["many/2"]]
    assert "x-ms-continuation" not in second.headers


def test_what_is_not_served_is_refused_by_name(lake: AbfsLake) -> None:
    answer = answer_call(lake.container, Call("DELETE", "/lake/gold?recursive=true"))
    assert answer.status == 501
    assert b"DELETE /lake/gold {'recursive': 'true'} is not served" in answer.body


def test_jobs_reach_the_lakes_account_and_no_other_host(
    lake: AbfsLake, caplog: pytest.LogCaptureFixture
) -> None:
    lake.container.upload_blob("raw/rows.csv", b"a,b\n")
    way = tunnel(lake, HOST)
    for _ in range(2):  # one connection carries many requests
        way.request("GET", "/lake/raw/rows.csv")
        assert way.getresponse().read() == b"a,b\n"
    way.close()
    assert not caplog.messages
    with pytest.raises(OSError, match="403"):
        tunnel(lake, "dc.services.visualstudio.com").request("GET", "/")
    assert caplog.messages == [
        "refused to connect a job with dc.services.visualstudio.com: nothing leaves this machine"
    ]


def test_who_does_not_know_the_runs_secret_gets_nothing(lake: AbfsLake) -> None:
    with pytest.raises(OSError, match="407"):
        tunnel(lake, HOST, secret="guessed").request("GET", "/lake/raw/rows.csv")


def test_the_datastore_of_the_lake_is_described_as_azure_does(lake: AbfsLake) -> None:
    way = tunnel(lake, "local.api.azureml.ms")
    way.request("GET", "/datastore/v1.0/subscriptions/s/workspaces/w/datastores/lake")
    stated = json.loads(way.getresponse().read())
    assert stated["dataStoreType"] == "AzureDataLakeGen2"
    assert stated["azureStorageSection"]["accountName"] == "azuritetests"
    way.request("GET", "/datastore/v1.0/subscriptions/s/workspaces/w/datastores/other")
    assert way.getresponse().status == 404
    way.close()


def test_a_mounts_copy_is_the_folder_and_comes_back_as_it_was(
    lake: AbfsLake, tmp_path: Path
) -> None:
    (tmp_path / "model" / "data").mkdir(parents=True)
    (tmp_path / "model" / "MLmodel").write_text("flavors")
    (tmp_path / "model" / "data" / "weights").write_bytes(b"\0\1")
    lake.upload(tmp_path / "model", f"{PATHS}/models/m/")
    lake.download(f"{PATHS}/models/m", tmp_path / "back")
    assert (tmp_path / "back" / "MLmodel").read_text() == "flavors"
    assert (tmp_path / "back" / "data" / "weights").read_bytes() == b"\0\1"
    lake.download(f"{PATHS}/models/m/MLmodel", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "flavors"
    with pytest.raises(NodeFailedError, match=r"there is nothing at 'azureml://.*/models/none'"):
        lake.download(f"{PATHS}/models/none", tmp_path / "none")


def test_the_lake_is_there_again_in_the_next_run_with_another_key(tmp_path: Path) -> None:
    with serving_lake(LAKE, tmp_path) as before:
        blob = before.container.get_blob_client("gold/part.parquet")
        blob.stage_block("MQ==", b"rows")
        digest = {"x-ms-blob-content-md5": base64.b64encode(md5(b"rows").digest()).decode()}  # noqa: S324 # Hadoop's choice
        blob.commit_block_list([BlobBlock("MQ==")], headers=digest)
    with serving_lake(LAKE, tmp_path) as after:
        assert after.container.download_blob("gold/part.parquet").readall() == b"rows"
        assert after.reader_environment != before.reader_environment
        # Azurite sweeps a moment after it has started, and ended when it could not read the MD5
        time.sleep(1)
        assert after.container.get_blob_client("gold/part.parquet").exists()


def test_azurite_ends_and_saves_when_its_run_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from aml_pipelines.azurite.emulator import running_azurite\n"
        "with running_azurite('azuritetests', Path(sys.argv[1])) as account:\n"
        "    container = account.container('lake'); container.create_container()\n"
        "    container.upload_blob('kept', b'x'); print(account.address, flush=True)\n"
        "    time.sleep(60)\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        host, _, port = run.stdout.readline().strip().partition(":")
        os.kill(run.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(host, int(port)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    while b"kept" not in (tmp_path / "__azurite_db_blob__.json").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)
