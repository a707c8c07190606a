"""A lake in a real Azurite behind a store of faults, and the process that does steps on it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from aml_pipelines.azurite.emulator import running_azurite
from aml_pipelines.azurite.lake import write_spark_defaults
from environments.spark.java_home import java_home
from tests.conftest import SETTINGS
from tests.faulty_store import FaultyStore, serving_faulty
from tests.integration.arriving import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azure.storage.blob import ContainerClient

ACCOUNT, CONTAINER = "faultytests", "lake"
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class LakeInAzurite:
    """Lakes in one container, each a folder, and the store's faults before it."""

    process: subprocess.Popen[str]
    container: ContainerClient
    store: FaultyStore

    def uri(self, name: str) -> str:
        return f"abfs://{CONTAINER}@{ACCOUNT}.dfs.core.windows.net/{name}"

    def arrive(self, name: str, day: str) -> None:
        self.container.upload_blob(f"{name}/raw/{day}.csv", WEEK[day].encode(), overwrite=True)

    def run(self, name: str, *, until: str) -> str:
        """Do the steps up to one of them, and return the error that they end with, or nothing."""
        return str(self._asked("run", name, until=until).get("error", ""))

    def held(self, name: str) -> Mapping[str, list[str]]:
        """Return the rows of each table."""
        answer = self._asked("read", name)
        return cast("Mapping[str, list[str]]", answer["rows"])

    def _asked(self, do: str, name: str, **more: str) -> dict[str, object]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, "uri": self.uri(name), **more}) + "\n")
        self.process.stdin.flush()
        return cast("dict[str, object]", json.loads(self.process.stdout.readline()))


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
            stated = [f"--conf={key}={value}" for key, value in {**SETTINGS, **settings}.items()]
            environment = {
                **os.environ,
                "SPARK_CONF_DIR": str(conf),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "JAVA_HOME": str(java_home()),
                "PYTHONPATH": str(REPOSITORY),
                "PYSPARK_SUBMIT_ARGS": shlex.join(
                    ["--master=local[2]", "--driver-memory=1g", *stated, "pyspark-shell"]
                ),
            }
            with (
                log.open("wb") as told,
                subprocess.Popen(
                    [sys.executable, "-m", "tests.integration.lake_process"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=told,
                    text=True,
                    env=environment,
                    cwd=REPOSITORY,
                ) as process,
            ):
                yield LakeInAzurite(process, container, store)
                assert process.stdin is not None
                process.stdin.close()
