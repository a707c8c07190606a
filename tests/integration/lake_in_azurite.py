"""A lake in a real Azurite behind a store of faults, and the process that does steps on it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aml_pipelines.azurite.emulator import running_azurite
from aml_pipelines.azurite.lake import write_spark_defaults
from tests.faulty_store import FaultyStore, serving_faulty
from tests.integration.arriving import WEEK
from tests.integration.workers import Worker, working

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from azure.storage.blob import ContainerClient

ACCOUNT, CONTAINER = "faultytests", "lake"


@dataclass(frozen=True)
class LakeInAzurite:
    """Lakes in one container, each a folder, and the store's faults before it."""

    worker: Worker
    container: ContainerClient
    store: FaultyStore

    def uri(self, name: str) -> str:
        return f"abfs://{CONTAINER}@{ACCOUNT}.dfs.core.windows.net/{name}"

    def arrive(self, name: str, day: str) -> None:
        self.container.upload_blob(f"{name}/raw/{day}.csv", WEEK[day].encode(), overwrite=True)

    def run(self, name: str, *, until: str) -> str:
        """Do the steps up to one of them, and return the error that they end with, or nothing."""
        return self.worker.error("run", self.uri(name), until=until)

    def held(self, name: str) -> Mapping[str, list[str]]:
        """Return the rows of each table."""
        rows: Mapping[str, list[str]] = self.worker.ask("rows", self.uri(name))
        return rows


@contextmanager
def lake_in_azurite(
    folder: Path, settings: Mapping[str, str], *, log: Path
) -> Iterator[LakeInAzurite]:
    """Serve lakes while the block runs; `settings` are Spark's, beside those of the profile."""
    with running_azurite(ACCOUNT, folder / "azurite") as account:
        container = account.container(CONTAINER)
        container.create_container()
        with serving_faulty(account.address) as store:
            conf = folder / "conf"
            conf.mkdir()
            write_spark_defaults(conf, replace(account, address=store.address))
            environment = {"SPARK_CONF_DIR": str(conf)}
            with working(log, environment=environment, settings=settings) as worker:
                yield LakeInAzurite(worker, container, store)
