"""What a run has claimed is done through the official client, once, and what fails is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.azure.client import workspace_client
from conf.monitor import load_monitor
from conf.target_file import load_target
from tests.integration.deployable import register, traffic_of
from tests.integration.receivers import Webhook, serving
from tests.rooms import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from incidents.acting import ActingRun
    from tests.integration.azure_verbs import Typed

pytestmark = [
    pytest.mark.sdk,
    # the SDK's own on import, and those of MLflow about a model without a lock
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
RECEIVERS = "receivers:\n  chat: {shape: slack, connection: alerts}\n"


def claimed(action: str, *after: str, **others: object) -> dict[str, Any]:
    return {
        "incident": "0a1b2c3d4e5f",
        "action": action,
        "attempt": 1,
        "model_name": "late",
        "model_version": "2",
        "level": "retrain",
        "cause": "roc_auc is worse",
        "began": "2024-03-01",
        "after": list(after),
        **others,
    }


@pytest.fixture
def acting(typed: Typed, tmp_path: Path) -> ActingRun:
    """Return a run of monitoring of trips, with a snapshot as Azure lays it out."""
    from incidents.acting import ActingRun  # noqa: PLC0415 # the SDK warns on import, by itself

    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for room in ("components", "conf", "spark_jobs"):
        (snapshot / room).symlink_to(REPOSITORY / room)
    (snapshot / "training.yml").symlink_to(REPOSITORY / "aml_pipelines" / "training.yml")
    (tmp_path / "trips.yml").write_text(RECEIVERS)
    monitor = load_monitor("trips", folder=tmp_path)
    client = workspace_client(load_target(str(typed.target)))
    return ActingRun(client, monitor, "the/lake", "2024-03-02", "watch_1", snapshot)


def release(run: ActingRun, folder: Path) -> None:
    """Register the three splits of trips."""
    from azure.ai.ml.entities import Data  # noqa: PLC0415 # it warns on import, by itself

    (folder / "lake" / "published").mkdir(exist_ok=True)
    path = "azureml://datastores/lake/paths/published"
    for split in ("train", "validation", "test"):
        run.client.data.create_or_update(Data(name=f"trips_{split}", type="mltable", path=path))


def became(run: ActingRun, *actions: dict[str, Any]) -> list[tuple[str, str]]:
    from incidents.acting import act_on  # noqa: PLC0415 # same

    return [(each["outcome"], each["detail"]) for each in act_on(list(actions), run)]


@pytest.mark.slow
def test_a_training_is_submitted_once_on_the_newest_release_and_named_after_its_incident(
    acting: ActingRun, tmp_path: Path
) -> None:
    release(acting, tmp_path)
    for _ in range(2):
        assert became(acting, claimed("retrain")) == [("done", "job retrain-0a1b2c3d4e5f")]
    (job,) = acting.client.jobs.list()
    assert (job.name, job.experiment_name) == ("retrain-0a1b2c3d4e5f", "training")
    sent: Any = acting.client.jobs.get(job.name)
    splits = {split: sent.inputs[split].path for split in ("train", "validation", "test")}
    assert splits == {
        "train": "trips_train:1",
        "validation": "trips_validation:1",
        "test": "trips_test:1",
    }
    given = {name: str(sent.inputs[name]._data) for name in ("lake", "model_name", "as_of")}  # noqa: SLF001 # the SDK shows it nowhere else
    assert given == {"lake": "the/lake", "model_name": "late", "as_of": "2024-03-02"}
    assert sorted(sent.jobs) == ["compare", "register_model", "train_1", "train_2", "train_3"]
    assert sent.tags["incident"] == "0a1b2c3d4e5f"
    # What another run that is still there has claimed is left to it.
    left = became(acting, claimed("retrain", job.name, incident="f00"))
    assert [outcome for outcome, _ in left] == ["left"]
    assert len(list(acting.client.jobs.list())) == 1
    # One that the workspace does not know goes on no more.
    assert became(acting, claimed("retrain", "gone", incident="f00"))[0][0] == "done"


@pytest.mark.slow
def test_the_champion_goes_back_to_the_version_before_with_the_traffic(
    acting: ActingRun, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "tracking").as_uri())
    for score in (1, 2):
        register(typed, tmp_path, score)
        typed("deploy", "online", "--model", f"late:{score}")
    assert traffic_of(typed) == {"blue": 0, "green": 100}
    done = "endpoint trips-online: all traffic to blue; late:1 is champion again"
    assert became(acting, claimed("roll_back")) == [("done", done)]
    assert traffic_of(typed) == {"blue": 100, "green": 0}
    assert typed("champion", "late") == "late:1\n"
    again = became(acting, claimed("roll_back"))
    assert again == [("done", "late:2 was not in use any more")]
    first = became(acting, claimed("roll_back", model_version="1"))
    refusal = "model 'late' has no champion before version 1 to go back to"
    assert first == [("failed", refusal)]
    assert typed("champion", "late") == "late:1\n"
    typed("teardown", "--confirm", "here")


def test_a_receiver_is_reached_by_the_key_of_a_connection(acting: ActingRun) -> None:
    from azure.ai.ml.entities import (  # noqa: PLC0415 # it warns on import, by itself
        ApiKeyConfiguration,
        WorkspaceConnection,
    )

    unsent = became(acting, claimed("opened:chat"))
    reason = "alerts: the connection cannot be read: it is not there; make one whose key is the"
    assert unsent == [("unsent", f"{reason} address")]
    webhook = Webhook()
    with serving(webhook):
        key = ApiKeyConfiguration(key=webhook.url)
        alerts = WorkspaceConnection(
            name="alerts", type="custom", target="https://hooks.example.com", credentials=key
        )
        acting.client.connections.create_or_update(alerts)
        assert became(acting, claimed("opened:chat")) == [("done", "")]
    assert [each["text"] for each in webhook.taken] == ["trips, late: incidents: 1 began"]
