"""The official client against the local workspace, over real sockets, with the real identity."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.assets.registry import Registry
from tests.integration.workspace_jobs import run_job, workspace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Make a lake of the test's own, with models in it to register."""
    for name in ("late", "later"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "MLmodel").touch()
    return tmp_path


def test_a_job_registers_and_reads_data_with_the_lines_it_has_in_azure(lake: Path) -> None:
    with workspace(lake) as served:
        told = run_job(
            served.env,
            """
began = time.monotonic()
first = ml.data.create_or_update(table(tags={"rows": "3"}, description="trips"))
seconds = time.monotonic() - began
second = ml.data.create_or_update(table("gold/other"))
latest = ml.data.get("train", label="latest")
tell(
    versions=[first.version, second.version], tags=ml.data.get("train", "1").tags, id=first.id,
    latest=latest.version, path=latest.path, listed=[d.version for d in ml.data.list("train")],
    names=[d.name for d in ml.data.list()], is_quick=seconds < 1,
)
""",
        )
    assert told == {
        "versions": ["1", "2"],
        "tags": {"rows": "3"},
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers"
        "/Microsoft.MachineLearningServices/workspaces/local/data/train/versions/1",
        "latest": "2",
        "path": "azureml://subscriptions/00000000-0000-0000-0000-000000000000"
        "/resourcegroups/local/workspaces/local/datastores/lake/paths/gold/other/",
        "listed": ["2", "1"],
        "names": ["train"],
        "is_quick": True,
    }
    planned = Registry(lake).data_asset("train", label="latest")
    assert (planned.version, planned.path) == ("2", "azureml://datastores/lake/paths/gold/other")


def test_the_client_raises_what_it_raises_in_azure(lake: Path) -> None:
    with workspace(lake) as served:
        told = run_job(
            served.env,
            """
ml.data.create_or_update(table(version="1"))
tell(
    again=ml.data.create_or_update(table(version="1")).version,
    changed=refusal(ml.data.create_or_update, table("other", version="1")),
    absent=refusal(ml.data.get, "trian", "1"),
    unlabelled=refusal(ml.data.get, "trian", label="latest"),
    unserved=refusal(ml.feature_sets.get, "nights", "1"),
)
""",
        )
    assert told["again"] == "1"
    assert str(told["changed"]).startswith(
        "ResourceExistsError: (UserError) A data version with this name and version already exists"
    )
    assert str(told["absent"]).startswith(
        "ResourceNotFoundError: (UserError) data asset 'trian' is not registered; there are"
    )
    assert "Asset trian does not exist in workspace local." in str(told["unlabelled"])
    assert "feature stores are not served" in str(told["unserved"])


@pytest.mark.slow
def test_data_and_models_are_archived_and_restored(lake: Path) -> None:
    with workspace(lake) as served:
        told = run_job(
            served.env,
            """
states = {}
for kind, register in (
    (ml.data, lambda: ml.data.create_or_update(table())),
    (ml.models, lambda: ml.models.create_or_update(model())),
):
    name = register().name
    register()
    kind.archive(name, version="2")
    seen = [kind.get(name, label="latest").version, [a.version for a in kind.list(name)]]
    kind.archive(name)
    seen.append([a.name for a in kind.list()])
    kind.restore(name)
    kind.restore(name, version="2")
    states[name] = [*seen, [a.name for a in kind.list()], kind.get(name, label="latest").version]
tell(**states)
""",
        )
    assert told == {
        "train": ["1", ["1"], [], ["train"], "2"],
        "late": ["1", ["1"], [], ["late"], "2"],
    }


def test_models_seen_through_mlflow_and_through_the_client_are_the_same(lake: Path) -> None:
    with workspace(lake) as served:
        told = run_job(
            served.env,
            """
from mlflow import MlflowClient
mlflow = MlflowClient()
first = ml.models.create_or_update(model(tags={"champion": "yes"}, description="logistic"))
(there,) = mlflow.search_model_versions("name = 'late'")
own = {key: value for key, value in there.tags.items() if not key.startswith("azureml.")}
source = os.path.join(os.path.dirname(there.source), "later")
mlflow.create_model_version("late", source, tags={"champion": "no"})
second = ml.models.get("late", label="latest")
mlflow.set_model_version_tag("late", "1", "champion", "was")
tell(
    mlflow=[str(there.version), own, there.description],
    client=[first.version, first.tags, first.type],
    second=[second.version, second.tags, second.path.partition("/datastores/")[2], second.type],
    changed=ml.models.get("late", "1").tags,
    listed=[m.version for m in ml.models.list("late")],
)
""",
        )
    assert told == {
        "mlflow": ["1", {"champion": "yes"}, "logistic"],
        "client": ["1", {"champion": "yes"}, "mlflow_model"],
        "second": ["2", {"champion": "no"}, "lake/paths/models/later", "mlflow_model"],
        "changed": {"champion": "was"},
        "listed": ["2", "1"],
    }
    planned = Registry(lake).model("late", label="latest")
    assert (planned.version, planned.source) == ("2", str(lake / "models" / "later"))
    assert Registry(lake).model("late", "1").path == "azureml://datastores/lake/paths/models/late"


@pytest.mark.slow
def test_a_model_has_the_version_that_was_asked_for_in_mlflow_too(lake: Path) -> None:
    with workspace(lake) as served:
        told = run_job(
            served.env,
            """
from mlflow import MlflowClient
mlflow = MlflowClient()
for version in ("7", "3", "1.0.0"):
    ml.models.create_or_update(model(version=version, tags={"is": version}))
changed = ml.models.create_or_update(model(version="1.0.0", tags={"is": "changed"}))
following = ml.models.create_or_update(model(tags={"is": "next"})).version
mlflow.delete_model_version("late", "3")
tell(
    listed=[m.version for m in ml.models.list("late")], following=following,
    mlflow={m.version: m.tags["is"] for m in mlflow.search_model_versions("name = 'late'")},
    read=ml.models.get("late", "1.0.0").tags, deleted=refusal(
        ml.models.create_or_update, model(version="3")),
)
""",
        )
    assert told["listed"] == ["9", "1.0.0", "7"]
    assert told["following"] == "9"
    # MLflow's versions are numbers: it counts a version that is none.
    assert told["mlflow"] == {"7": "7", "8": "changed", "9": "next"}
    assert told["read"] == {"is": "changed"}
    assert "version '3' is taken, by another registration or by a version that was deleted" in str(
        told["deleted"]
    )


@pytest.mark.slow
def test_a_model_version_is_immutable_and_a_model(lake: Path) -> None:
    with workspace(lake) as served:
        told = run_job(
            served.env,
            """
ml.models.create_or_update(model(version="1"))
tell(
    again=ml.models.create_or_update(model(version="1", tags={"a": "b"})).tags,
    changed=refusal(ml.models.create_or_update, model("models/later", version="1")),
    absent=refusal(ml.models.create_or_update, model("models/none")),
    folder=refusal(ml.models.create_or_update, model("models")),
    reserved=refusal(ml.models.create_or_update, model(tags={"azureml.path": "x"})),
)
""",
        )
    assert told["again"] == {"a": "b"}
    assert "ResourceExistsError: (UserError) A model version with this name" in str(told["changed"])
    assert "there is nothing at 'azureml://datastores/lake/paths/models/none'" in str(
        told["absent"]
    ).replace("subscriptions/00000000-0000-0000-0000-000000000000/", "")
    assert "has no 'MLmodel'" in str(told["folder"])
    assert "tags ['azureml.path'] are reserved" in str(told["reserved"])


def test_eight_jobs_that_register_one_name_at_once_get_distinct_versions(lake: Path) -> None:
    register = """
from azure.core.exceptions import ResourceExistsError
while True:
    try:
        tell(version=ml.data.create_or_update(table(f"gold/{os.getpid()}")).version)
        break
    except ResourceExistsError:
        continue
"""
    versions: list[object] = []
    with workspace(lake) as served:
        jobs = [
            threading.Thread(
                target=lambda: versions.append(run_job(served.env, register)["version"])
            )
            for _ in range(8)
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()

    assert sorted(str(version) for version in versions) == ["1", "2", "3", "4", "5", "6", "7", "8"]
