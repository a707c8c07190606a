"""The storage of the local workspace, through the official clients of blobs and of Azure ML."""

from __future__ import annotations

import base64
import hashlib
import os
import ssl
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, BlobServiceClient, ContainerClient

from tests.integration.workspace_here import WorkspaceHere, workspace_here
from tests.integration.workspace_jobs import run_job, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sdk

LARGE = bytes(range(256)) * 20  # five blocks of the client's, as the fixture sets it


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def here(lake: Path) -> Iterator[WorkspaceHere]:
    with workspace_here(lake) as served:
        yield served


@pytest.fixture
def container(here: WorkspaceHere) -> ContainerClient:
    return here.blobs("lake").get_container_client("lake")


def test_a_small_and_a_large_blob_are_files_of_the_lake(
    container: ContainerClient, lake: Path
) -> None:
    container.upload_blob("raw/a b/ü.txt", b"small", metadata={"rows": "3"})
    container.upload_blob("raw/large.bin", LARGE, max_concurrency=3)

    assert (lake / "raw" / "a b" / "ü.txt").read_bytes() == b"small"
    assert (lake / "raw" / "large.bin").read_bytes() == LARGE
    found = container.get_blob_client("raw/a b/ü.txt").get_blob_properties()
    assert (found.size, found.metadata) == (5, {"rows": "3"})
    md5 = found.content_settings.content_md5
    assert md5 == bytearray(hashlib.md5(b"small", usedforsecurity=False).digest())
    assert not any((lake / "registry" / "blocks").iterdir())


def test_a_blob_is_read_whole_in_ranges_and_with_its_checksum(container: ContainerClient) -> None:
    blob = container.get_blob_client("raw/ranges.bin")
    blob.upload_blob(LARGE)

    assert blob.download_blob(max_concurrency=3).readall() == LARGE
    assert blob.download_blob(offset=5000, length=200).readall() == LARGE[5000:]
    assert blob.download_blob(offset=10, length=5, validate_content=True).readall() == LARGE[10:15]
    with pytest.raises(HttpResponseError, match="InvalidRange"):
        blob.download_blob(offset=len(LARGE))


def test_a_file_that_a_job_wrote_is_a_blob_and_an_empty_one_too(
    container: ContainerClient, lake: Path
) -> None:
    (lake / "written").mkdir()
    (lake / "written" / "by_a_job.csv").write_text("a,b\n")
    (lake / "written" / "empty").touch()

    assert container.download_blob("written/by_a_job.csv").readall() == b"a,b\n"
    assert container.download_blob("written/empty").readall() == b""


def test_metadata_lasts_until_the_content_changes(container: ContainerClient, lake: Path) -> None:
    blob = container.upload_blob("raw/told.txt", b"1")
    first = blob.get_blob_properties().etag
    blob.set_blob_metadata({"upload_status": "completed"})
    told = blob.get_blob_properties()
    (lake / "raw" / "told.txt").write_text("another")

    assert told.metadata == {"upload_status": "completed"}
    assert told.etag != first
    assert blob.get_blob_properties().metadata == {}


def test_a_blob_is_not_overwritten_unless_asked_or_by_who_saw_another(
    container: ContainerClient,
) -> None:
    blob = container.upload_blob("raw/once.txt", b"1")
    seen = blob.get_blob_properties().etag
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(b"2")
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(LARGE)
    blob.upload_blob(b"3", overwrite=True)
    unmodified = MatchConditions.IfNotModified
    with pytest.raises(ResourceModifiedError):
        blob.upload_blob(b"4", overwrite=True, etag=seen, match_condition=unmodified)
    with pytest.raises(ResourceModifiedError):
        blob.download_blob(etag=seen, match_condition=unmodified)

    assert blob.download_blob().readall() == b"3"


def test_blobs_are_listed_by_prefix_folder_and_page(container: ContainerClient) -> None:
    for name in ("list/a/1", "list/a/2", "list/b/1", "list/c", "list/d & <e>"):
        container.upload_blob(name, b"x", metadata={"of": name[5]})

    listed = list(container.list_blobs(name_starts_with="list/", include="metadata"))
    walked = [item.name for item in container.walk_blobs("list/", delimiter="/")]
    pages = container.list_blobs("list/", results_per_page=2).by_page()
    assert [(blob.name, blob.size, blob.metadata) for blob in listed][::2] == [
        ("list/a/1", 1, {"of": "a"}),
        ("list/b/1", 1, {"of": "b"}),
        ("list/d & <e>", 1, {"of": "d"}),
    ]
    assert walked == ["list/a/", "list/b/", "list/c", "list/d & <e>"]
    assert [[blob.name for blob in page] for page in pages] == [
        ["list/a/1", "list/a/2"],
        ["list/b/1", "list/c"],
        ["list/d & <e>"],
    ]
    assert list(container.list_blobs(name_starts_with="list/none")) == []


def test_a_blob_is_whole_or_not_there(container: ContainerClient, lake: Path) -> None:
    blob = container.get_blob_client("raw/parts.bin")
    block = base64.b64encode(b"1").decode()
    blob.stage_block(block, b"one")
    assert not blob.exists()
    with pytest.raises(HttpResponseError, match="InvalidBlockList"):
        blob.commit_block_list([BlobBlock(block), BlobBlock(base64.b64encode(b"2").decode())])
    assert not (lake / "raw" / "parts.bin").exists()
    with pytest.raises(HttpResponseError, match="Md5Mismatch"):
        blob.stage_block(block, b"two", headers={"Content-MD5": "AAAA"})

    blob.commit_block_list([BlobBlock(block), BlobBlock(block)])
    assert blob.download_blob().readall() == b"oneone"
    blob.delete_blob()
    with pytest.raises(ResourceNotFoundError):
        blob.delete_blob()


def refusal(here: WorkspaceHere, path: str) -> tuple[int, str]:
    address = f"{here.env['AZUREML_DEV_URL_MFE']}/storage/lake.blob.core.windows.net/{path}"
    token = here.get_token("https://storage.azure.com/.default").token
    trusted = ssl.create_default_context(cafile=here.env["REQUESTS_CA_BUNDLE"])
    asked = Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 # https
    with pytest.raises(HTTPError) as refused:
        urlopen(asked, context=trusted)  # noqa: S310 # same
    with refused.value as answer:
        return answer.code, str(answer.headers["x-ms-error-code"])


def test_no_blob_leads_out_of_its_folder_or_into_the_workspaces_own(
    here: WorkspaceHere, container: ContainerClient, lake: Path
) -> None:
    outside = lake.parent / f"{lake.name}-outside"
    outside.write_text("secret")
    (lake / "link").symlink_to(outside)

    up = f"..%2f{outside.name}"
    for path in (f"lake/../{outside.name}", f"lake/{up}", f"lake/gold/..%2f{up}"):
        assert refusal(here, path) in ((400, "InvalidUri"), (404, "ContainerNotFound"))
    assert refusal(here, f"lake?restype=container&comp=list&prefix=../{up}") == (400, "InvalidUri")
    assert refusal(here, "lake?comp=list&maxresults=x") == (400, "OutOfRangeQueryParameterValue")
    with pytest.raises(HttpResponseError, match="InvalidUri"):
        container.upload_blob("link", b"overwritten", overwrite=True)
    with pytest.raises(HttpResponseError, match="AuthorizationPermissionMismatch"):
        container.download_blob("registry/tls/server-key.pem")
    names = [blob.name for blob in container.list_blobs()]
    assert not [name for name in names if name.startswith(("registry", "link"))]
    assert outside.read_text() == "secret"


def test_who_has_no_token_or_names_another_container_is_refused(here: WorkspaceHere) -> None:
    address = f"{here.env['AZUREML_DEV_URL_MFE']}/storage/lake.blob.core.windows.net"
    ca = here.env["REQUESTS_CA_BUNDLE"]
    for signature in (None, "sv=2021-08-06&sig=wrong"):
        stranger = BlobServiceClient(
            address, credential=signature, connection_verify=ca, retry_total=0
        )
        with pytest.raises(ClientAuthenticationError):
            list(stranger.get_container_client("lake").list_blobs())
    for account, container in (("lake", "other"), ("other", "other")):
        client = here.blobs(account).get_container_client(container)
        with pytest.raises(ResourceNotFoundError):
            list(client.list_blobs())


@pytest.mark.slow
def test_the_client_uploads_folders_and_registers_them_as_data_and_models(tmp_path: Path) -> None:
    for name, file in (("table", "rows.csv"), ("late", "MLmodel")):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / file).write_text("a,b\n")
        (tmp_path / name / "inner" / "large.bin").write_bytes(LARGE)
    (tmp_path / "lake" / "gold").mkdir(parents=True)
    (tmp_path / "lake" / "gold" / "part.csv").write_text("c\n")
    with workspace(tmp_path / "lake") as served:
        told = run_job(
            {**served.env, "HERE": str(tmp_path)},
            """
here = os.environ["HERE"]
def register(**more):
    return ml.data.create_or_update(Data(name="rows", type="uri_folder", **more))
data = register(path=f"{here}/table")
again = register(path=f"{here}/table")
late = ml.models.create_or_update(Model(name="late", type="mlflow_model", path=f"{here}/late"))
ml.models.download("late", late.version, download_path=f"{here}/down")
from azure.ai.ml._artifacts._artifact_utilities import download_artifact_from_aml_uri
download_artifact_from_aml_uri(f"{LAKE}/gold", f"{here}/gold", ml.datastores)
tell(data=data.path, again=[again.version, again.path == data.path], model=late.path)
""",
        )
    store = tmp_path / "lake" / "workspaceblobstore"
    path = str(told["data"]).partition("/datastores/workspaceblobstore/paths/")[2]
    assert path.split("/")[0] == "LocalUpload"
    assert (store / path / "inner" / "large.bin").read_bytes() == LARGE
    assert told["again"] == ["2", True]
    assert str(told["model"]).endswith("/late")
    downloaded = [file for _, _, files in os.walk(tmp_path / "down") for file in files]
    assert sorted(downloaded) == ["MLmodel", "large.bin"]
    assert (tmp_path / "gold" / "part.csv").read_text() == "c\n"
