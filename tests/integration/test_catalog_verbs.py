"""What the catalog holds is taken by a workspace, and a second time there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import HttpResponseError

from aml_pipelines.azure.client import workspace_client
from conf.target import REPOSITORY
from conf.target_file import load_target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.azure_verbs import Typed

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]
CATALOG = REPOSITORY / "aml_pipelines" / "catalog"
SECRETS = ("RAW_ACCOUNT_KEY", "RAW_SAS_TOKEN", "LAKE_CLIENT_ID", "LAKE_CLIENT_SECRET")
MONITOR = str(CATALOG / "monitors" / "flights_drift.yml")
MLTABLE = "https://azuremlschemas.azureedge.net/latest/data.schema.json"


def files_of(*kinds: str) -> list[str]:
    found = [file for kind in kinds for file in sorted((CATALOG / kind).glob("*.yml"))]
    return [str(file) for file in found]


def states(printed: str) -> list[str]:
    return [line.rpartition(": ")[2] for line in printed.splitlines()]


@pytest.mark.slow
def test_every_asset_is_made_once(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000000")
    (typed.lake / "models" / "example").mkdir(parents=True)
    (typed.lake / "models" / "example" / "MLmodel").write_text("flavors: {sklearn: {}}\n")
    files = files_of("datastores", "compute", "environments", "data", "models")
    files.append(str(CATALOG / "endpoints" / "kubernetes_endpoint.yml"))
    assert len(files) == 20
    first = typed("register", *files)
    assert states(first) == ["created"] * 20
    assert "s3cret" not in first
    assert states(typed("register", *files)) == ["unchanged"] * 20


@pytest.mark.slow
def test_a_monitor_is_kept_when_somebody_says_that_its_data_has_credentials(
    typed: Typed, tmp_path: Path
) -> None:
    refused = typed("register", MONITOR, code=2)
    assert "a monitor reads only what a datastore with credentials holds" in refused
    for name in ("flights_batch", "flights_train"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "rows.csv").write_text("is_late\n1\n")
        (folder / "MLTable").write_text("paths: [{file: ./rows.csv}]\n")
        file = tmp_path / f"{name}.yml"
        file.write_text(f"$schema: {MLTABLE}\nname: {name}\ntype: mltable\npath: {folder}\n")
        typed("register", str(file))
    assert typed("register", "--monitors", MONITOR) == "monitor flights_drift: created\n"
    assert typed("register", "--monitors", MONITOR) == "monitor flights_drift: unchanged\n"
    assert "flights_drift: enabled" in typed("schedule")


def test_data_whose_files_changed_is_a_new_version(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "trips").mkdir()
    (tmp_path / "trips" / "a.csv").write_text("id\n1\n")
    file = tmp_path / "trips.yml"
    file.write_text(f"$schema: {MLTABLE}\nname: trips\ntype: uri_folder\npath: trips\n")
    assert typed("register", str(file)) == "data trips: created\n"
    (tmp_path / "trips" / "a.csv").write_text("id\n2\n")
    assert typed("register", str(file)) == "data trips: updated\n"
    assert typed("register", str(file)) == "data trips: unchanged\n"


@pytest.mark.slow
def test_a_monitor_runs_as_the_pipeline_for_the_dataset_whose_tables_it_names(
    typed: Typed,
) -> None:
    from azure.ai.ml.entities import Data  # noqa: PLC0415 # it warns on import, by itself

    client = workspace_client(load_target(str(typed.target)))
    (typed.lake / "published").mkdir()
    path = "azureml://datastores/lake/paths/published"
    for name in ("flights_batch", "flights_train"):
        client.data.create_or_update(Data(name=name, version="1", type="mltable", path=path))
    typed("register", "--monitors", MONITOR)
    moment = "2026-01-31T06:00:00+00:00"
    with pytest.raises(HttpResponseError, match="no table of this lake is behind what is monitor"):
        client.schedules.trigger("flights_drift", schedule_time=moment)

    train = client.data.get("flights_train", "1")
    train.tags = {"source_table": f"{typed.lake}/gold/flights/train"}
    client.data.create_or_update(train)
    fired = client.schedules.trigger("flights_drift", schedule_time=moment)
    assert fired.job_name == "flights_drift-20260131T060000Z"
    job = client.jobs.get(fired.job_name)
    nodes = ["act", "find_reference", "judge_health", "profile", "record_actions", "resolve_model"]
    assert (job.display_name, sorted(job.jobs)) == ("monitoring", [*nodes, "write_incidents"])
    inputs = {name: str(each._data) for name, each in job.inputs.items()}  # noqa: SLF001 # the SDK's
    assert inputs["dataset"] == "flights"
    assert inputs["model_name"] == "flights_late"
    assert inputs["as_of"] == "2026-01-31T06:00:00Z"

    again = client.schedules.trigger("flights_drift", schedule_time=moment)
    assert again.job_name == fired.job_name
