"""Serves a lake out of Azurite while pipelines run, to Spark, to readers and to mounts."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

import jwt

from aml_pipelines.azurite.data_lake import is_folder
from aml_pipelines.azurite.emulator import JARS, Account, running_azurite
from aml_pipelines.azurite.gateway import SERVICE, USER, ProxiedLake, serving_gateway
from aml_pipelines.certificates import ensure_certificates
from aml_pipelines.errors import NodeFailedError
from aml_pipelines.locks import exclusive
from aml_pipelines.pipeline.references import datastore_path, local_folder
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azure.storage.blob import BlobProperties, ContainerClient

# The token of a run must outlast the run; no reader renews it.
_DAY = 24 * 3600
# Hadoop asks 31 times, each up to 30 s for an answer and 25 s after the one before: half an hour. A
# store on this machine that has not answered for a minute has ended. Times are in milliseconds.
_RETRIES = {
    "io.retry.max.retries": "5",
    "io.retry.max.backoff.interval": "2000",
    "http.read.timeout": "10000",
}


@dataclass(frozen=True)
class AbfsLake:
    """A lake behind a storage account: nodes get its data as in Azure, by URI or as a copy."""

    uri: str
    state: Path
    container: ContainerClient
    spark_environment: Mapping[str, str]
    reader_environment: Mapping[str, str]

    def job_environment(self, workspace: Mapping[str, str]) -> dict[str, str]:
        """Return a job's variables with those by which its readers reach the lake.

        Azure sets the same ones, except for the proxy and its certificate authority.
        """
        return {
            **workspace,
            **self.reader_environment,
            "MSI_ENDPOINT": workspace["IDENTITY_ENDPOINT"],
            "MSI_SECRET": workspace["IDENTITY_HEADER"],
        }

    def bring_input(self, uri: str, mode: str, to: Path, *, for_spark: bool) -> str:
        """Return what a node gets for the data at `uri`: a URI in mode direct, else a copy at `to`.

        Raises NodeFailedError when there is nothing to copy.
        """
        if mode == "direct":
            return self._direct(uri, for_spark=for_spark)
        self.download(uri, to)
        return str(to)

    def place_output(self, uri: str, mode: str, *, for_spark: bool) -> str:
        """Return where a node writes an output: its URI, or a folder in place of a mount.

        The folder is where the registry finds models too.
        """
        if mode == "direct":
            return self._direct(uri, for_spark=for_spark)
        return str(local_folder(uri, state=self.state))

    def take_output(self, place: str, uri: str) -> None:
        """Upload the folder at `place`, which a node has written."""
        self.upload(Path(place), uri)

    def has_file(self, path: str) -> bool:
        return bool(self.container.get_blob_client(path).exists())

    def write_file(self, path: str, stream: IO[bytes]) -> None:
        self.container.upload_blob(path, stream, overwrite=True)

    def _direct(self, uri: str, *, for_spark: bool) -> str:
        # Azure's Spark reads azureml:// itself; Spark here knows the lake's own scheme only.
        return f"{self.uri}/{self._path(uri)}" if for_spark else uri

    @staticmethod
    def _path(uri: str) -> str:
        return datastore_path(uri).path.strip("/")

    def download(self, uri: str, to: Path) -> None:
        """Copy the file or folder at `uri` to `to`; raises NodeFailedError if there is none."""
        path = self._path(uri)
        blobs = [blob for blob in self._below(f"{path}/") if not is_folder(blob)]
        files = {blob.name: to / blob.name.removeprefix(f"{path}/") for blob in blobs}
        if not files and self.container.get_blob_client(path).exists():
            files = {path: to}
        if not files:
            raise NodeFailedError(f"was not started: there is nothing at {uri!r}")
        shutil.rmtree(to, ignore_errors=True)
        for name, file in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as stream:
                self.container.download_blob(name).readinto(stream)

    def upload(self, place: Path, uri: str) -> None:
        """Copy a file, or all files of a folder, to `uri`."""
        path = self._path(uri)
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_file():
                name = path if file == place else f"{path}/{file.relative_to(place).as_posix()}"
                with file.open("rb") as stream:
                    self.container.upload_blob(name, stream, overwrite=True)

    def _below(self, prefix: str) -> Iterator[BlobProperties]:
        yield from self.container.list_blobs(name_starts_with=prefix, include=["metadata"])


@contextmanager
def serving_lake(uri: str, state: Path) -> Iterator[AbfsLake]:
    """Serve the lake at `uri` out of Azurite, with its data in `state`, while the block runs."""
    host, container_name = str(urlsplit(uri).hostname), str(urlsplit(uri).username)
    name = host.partition(".")[0]
    with (
        running_azurite(name, state / "azurite") as account,
        tempfile.TemporaryDirectory() as private,  # mode 0700
    ):
        container = account.container(container_name)
        if not container.exists():
            container.create_container()
        secret = secrets.token_urlsafe(32)
        certificates = ensure_certificates(Path(private), (host, SERVICE))
        with serving_gateway(ProxiedLake(name, host, container, secret), certificates) as port:
            yield AbfsLake(
                uri=uri,
                state=state,
                container=container,
                spark_environment={"SPARK_CONF_DIR": write_spark_defaults(Path(private), account)},
                reader_environment=_reader_environment(port, secret, certificates.authority),
            )


@contextmanager
def holding_lake(uri: str, state: Path, verb: str) -> Iterator[AbfsLake]:
    """Serve the lake under the lock of `state`: two Azurites on the same data would spoil them."""
    with exclusive(state, {"verb": verb}), serving_lake(uri, state) as lake:
        yield lake


def write_spark_defaults(folder: Path, account: Account) -> str:
    """Write the configuration with which Spark reaches `account`; return its folder.

    The folder is for SPARK_CONF_DIR. It is a file because every user of the machine can read the
    arguments of a process, and the configuration has the account's key.
    """
    azure = {
        "abfs.endpoint": account.address,
        "fns.account.service.type": "BLOB",
        "account.hns.enabled": "false",
        "always.use.https": "false",
        "createRemoteFileSystemDuringInitialization": "true",
        f"account.key.{account.name}.dfs.core.windows.net": account.key,
        **_RETRIES,
    }
    settings = {
        "spark.driver.extraClassPath": f"{JARS}/*",
        "spark.executor.extraClassPath": f"{JARS}/*",
        **{f"spark.hadoop.fs.azure.{key}": value for key, value in azure.items()},
    }
    lines = "".join(f"{key} {value}\n" for key, value in settings.items())
    (folder / "spark-defaults.conf").write_text(lines)
    return str(folder)


def _reader_environment(port: int, secret: str, authority: Path) -> dict[str, str]:
    proxy = f"http://{USER}:{secret}@{LOOPBACK}:{port}"
    expiry = int(time.time()) + _DAY
    return {
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), proxy),
        "SSL_CERT_FILE": str(authority),
        "DEFAULT_IDENTITY_CLIENT_ID": "lake",
        "AZUREML_SERVICE_ENDPOINT": f"https://{SERVICE}",
        "AZUREML_ARM_PROJECT_NAME": "local",
        "AZUREML_RUN_TOKEN": jwt.encode({"exp": expiry}, secrets.token_urlsafe(32), "HS256"),
        "AZUREML_RUN_TOKEN_EXPIRY": str(expiry),
    }
