"""Registries: assets beside the workspace's, by the official client that finds them here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.state import StateFolder
from tests.integration.pipelines_elsewhere import run_pipeline
from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk

SETUP = """
from azure.ai.ml.entities import Environment, Registry, RegistryRegionDetails
def tell(**said):
    print("\\n" + json.dumps(said))  # the client leaves its progress on the line
def registry(name="shared"):
    return MLClient(DefaultAzureCredential(), registry_name=name)
def make(name="shared", **more):
    return ml.registries.begin_create(Registry(
        name=name, location="local", replication_locations=[], **more)).result()
write("code/score.py", "print('scored')")
write("late/weights.txt", "7")
write("rows/a.txt", "a")
"""
ASSETS = """
unknown = refusal(registry)
made, again = make(tags={"a": "b"}), make(tags={"a": "c"})
shared = registry()
model = shared.models.create_or_update(Model(
    name="late", version="1", type="custom_model", path=files / "late", tags={"a": "b"}))
same = shared.models.create_or_update(Model(
    name="late", version="1", type="custom_model", path=model.path, tags={"a": "c"}))
rows = shared.data.create_or_update(
    Data(name="rows", version="1", type="uri_folder", path=files / "rows"))
image = shared.environments.create_or_update(
    Environment(name="image", version="1", image="ubuntu"))
component = load_component(write("score.yml", json.dumps({
    "type": "command", "name": "score", "version": "1", "code": "./code",
    "environment": "azureml://registries/shared/environments/image/versions/1",
    "command": "python score.py"})))
score = shared.components.create_or_update(component)
shared.models.download("late", "1", download_path=files / "loaded")
archived = shared.models.archive("late", version="1")
tell(
    unknown=unknown, made=[made.name, again.tags, [item.name for item in ml.registries.list()]],
    model=[model.id, model.tags, same.tags], latest=shared.data.get("rows", label="latest").version,
    weights=next((files / "loaded").rglob("weights.txt")).read_text(),
    ids=[rows.id, image.id, score.id], code="registries/shared/codes/" in score.code,
    environment=score.environment,
    listed=[[item.name for item in kind.list()]
            for kind in (shared.models, shared.data, shared.environments, shared.components)],
    apart=refusal(ml.models.get, "late", version="1"),
)
"""
JOBS = """
def use(component, name, kind, **more):
    asset = {"type": kind, "path": f"azureml://registries/shared/{name}/versions/1"}
    return {"type": "command", "component": component, "inputs": {"given": asset}, **more}
reading = load_component(write("read.yml", json.dumps({
    "type": "command", "name": "read", "version": "1", "code": "./code",
    "environment": "azureml://registries/shared/environments/image/versions/1",
    "inputs": {"given": {"type": "uri_folder"}, "kind": {"type": "string", "default": "a.txt"}},
    "command": "echo $(python score.py) $(cat ${{inputs.given}}/*.txt)"})))
shared.components.create_or_update(reading)
address = "azureml://registries/shared/components/read/versions/1"
name = submit(pipeline({
    "rows": use(address, "data/rows", "uri_folder"),
    "late": use(address, "models/late", "uri_folder")}))
status = ended(name)
def log(node):
    ml.jobs.download(f"{name}_{node}", download_path=files / node, all=True)
    return next((files / node).rglob("std_log.txt")).read_text().strip()
tell(ended=status, said=[log("rows"), log("late")])
"""
SHARED = """
make()
ml.models.create_or_update(Model(name="late", version="1", path=files / "late", tags={"a": "b"}))
ml.environments.create_or_update(Environment(name="image", version="1", image="ubuntu"))
ml.data.create_or_update(Data(name="rows", version="1", type="uri_folder", path=files / "rows"))
to = {"share_with_version": "3", "registry_name": "shared"}
model = ml.models.share("late", "1", share_with_name="promoted", **to)
twice = refusal(ml.models.share, "late", "1", share_with_name="promoted", **to)
image = ml.environments.share("image", "1", share_with_name="image", **to)
rows = ml.data.share("rows", "1", share_with_name="rows", **to)
tell(model=[model.name, model.version, model.tags], image=image.version, rows=rows.version,
     twice=twice)
"""
READ = """
shared = registry()
shared.models.download("promoted", "3", download_path=files / "loaded")
weights = next((files / "loaded").rglob("weights.txt")).read_text()
ml.registries.begin_delete(name="shared").result()
tell(weights=weights, gone=refusal(registry))
"""


def test_a_registry_keeps_assets_of_all_kinds_and_gives_their_files_back(tmp_path: Path) -> None:
    with workspace_with_jobs(new_lake(tmp_path)) as served:
        told = submitting(served.env, SETUP + ASSETS)
    assert "registry 'shared' does not exist; there are []" in str(told["unknown"])
    assert told["made"] == ["shared", {"a": "c"}, ["shared"]]
    at = "azureml://registries/shared"
    assert told["model"] == [f"{at}/models/late/versions/1", {"a": "b"}, {"a": "c"}]
    assert (told["latest"], told["weights"]) == ("1", "7")
    assert told["ids"] == [
        f"{at}/data/rows/versions/1",
        f"{at}/environments/image/versions/1",
        f"{at}/components/score/versions/1",
    ]
    assert told["environment"] == f"{at}/environments/image/versions/1"
    assert told["code"] is True
    assert told["listed"] == [["late"], ["rows"], ["image"], ["score"]]
    assert "model 'late' is not registered" in str(told["apart"])


@pytest.mark.slow
def test_a_job_takes_components_environments_data_and_models_of_a_registry(
    tmp_path: Path,
) -> None:
    with workspace_with_jobs(new_lake(tmp_path)) as served:
        told = submitting(served.env, SETUP + ASSETS.partition("shared.models.download")[0] + JOBS)
    assert told["ended"] == "Completed"
    assert told["said"] == ["scored a", "scored 7"]


@pytest.mark.slow
def test_a_run_takes_them_by_the_same_ids(tmp_path: Path) -> None:
    with workspace_with_jobs(new_lake(tmp_path / "lake")) as served:
        submitting(served.env, SETUP + ASSETS.partition("shared.models.download")[0] + JOBS)
    shared = "azureml://registries/shared"

    def reading(path: str) -> dict[str, object]:
        given = {"type": "uri_folder", "path": f"{shared}/{path}"}
        return {
            "type": "command",
            "component": f"{shared}/components/read/labels/latest",
            "inputs": {"given": given},
        }

    jobs = {
        "rows": reading("data/rows/versions/1"),
        "late": reading("models/late/versions/1"),
        "newest": reading("data/rows/labels/latest"),
    }
    run = run_pipeline(tmp_path, jobs, "--fresh")
    said = [
        (tmp_path / "lake/runs" / run["run_id"] / name / "log.txt").read_text().strip()
        for name in jobs
    ]
    assert run["status"] == "Completed"
    assert said == ["scored a", "scored 7", "scored a"]


def test_what_one_lake_shares_another_one_reads_from_the_same_folder(tmp_path: Path) -> None:
    lakes = [new_lake(tmp_path / name) for name in ("one", "other")]
    (tmp_path / "registries").mkdir()
    for lake in lakes:
        StateFolder(lake).registry.mkdir(exist_ok=True)
        StateFolder(lake).registries.symlink_to(tmp_path / "registries")
    with workspace_with_jobs(lakes[0]) as served:
        told = submitting(served.env, SETUP + SHARED)
    with workspace_with_jobs(lakes[1]) as served:
        read = submitting(served.env, SETUP + READ)
    assert told["model"] == ["promoted", "3", {"a": "b"}]
    assert (told["image"], told["rows"]) == ("3", "3")
    assert "already exists in registry" in str(told["twice"])
    assert read["weights"] == "7"
    assert "registry 'shared' does not exist; there are []" in str(read["gone"])
