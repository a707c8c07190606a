"""Outputs with a name become assets when their job has succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aml_pipelines.workspace.assets.registry import Registry
from tests.integration.pipelines_elsewhere import run_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def making(line: str = "touch ${{outputs.made}}/a", **output: str) -> dict[str, Any]:
    return {
        "make": {
            "environment": "azureml:any:1",
            "outputs": {"made": {"type": "uri_folder", **output}},
            "command": line,
        }
    }


def test_a_named_output_is_the_next_version_of_its_asset_and_is_read_by_it(tmp_path: Path) -> None:
    first = run_pipeline(tmp_path, making(name="rows"))
    assert first["nodes"]["make"]["registered"] == {"made": "azureml:rows:1"}
    path = f"azureml://datastores/lake/paths/runs/{first['run_id']}/make/outputs/made"
    registered = Registry(tmp_path / "lake").data_asset("rows")
    assert (registered.version, registered.type, registered.path) == ("1", "uri_folder", path)

    again = run_pipeline(tmp_path, making(name="rows"))
    assert again["nodes"]["make"]["reused"]
    assert again["nodes"]["make"]["registered"] == {"made": "azureml:rows:1"}
    other = run_pipeline(tmp_path, making("touch ${{outputs.made}}/b", name="rows"))
    assert other["nodes"]["make"]["registered"] == {"made": "azureml:rows:2"}


def test_a_failed_job_registers_nothing_and_a_taken_version_is_refused_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = run_pipeline(tmp_path, making("exit 3", name="rows", version="7"))
    assert failed["status"] == "Failed"
    done = run_pipeline(tmp_path, making(name="rows", version="7"))
    assert done["nodes"]["make"]["registered"] == {"made": "azureml:rows:7"}
    capsys.readouterr()
    run_pipeline(tmp_path, making("touch ${{outputs.made}}/c", name="rows", version="7"))
    assert "'rows' version '7' is registered already, the newest is '7'" in capsys.readouterr().err
    run_pipeline(tmp_path, making(name="rows", type="mltable"))
    assert "'rows' is registered as 'uri_folder', not as 'mltable'" in capsys.readouterr().err


def test_a_model_is_registered_and_what_is_none_fails_its_node(tmp_path: Path) -> None:
    made = run_pipeline(tmp_path, making(type="custom_model", name="late"))
    assert made["nodes"]["make"]["registered"] == {"made": "azureml:late:1"}
    model = Registry(tmp_path / "lake").model("late")
    assert (model.version, model.type) == ("1", "custom_model")
    assert model.job_name == f"{made['run_id']}_make"
    none = run_pipeline(tmp_path, making(type="mlflow_model", name="late"))
    assert none["status"] == "Failed"
    assert "made output 'made', which is not registered: model 'late'" in str(
        none["nodes"]["make"]["error"]
    )


def test_a_pipelines_own_output_is_registered_when_all_of_it_has_completed(
    tmp_path: Path,
) -> None:
    make = making()["make"]
    make["outputs"]["made"] = "${{parent.outputs.all}}"
    outputs = {"all": {"type": "uri_folder", "name": "rows", "version": "v1"}}
    fails = {"environment": "azureml:any:1", "command": "exit 1"}
    failed = run_pipeline(tmp_path, {"make": make, "fail": fails}, outputs=outputs)
    assert (failed["status"], failed["registered"]) == ("Failed", {})
    done = run_pipeline(tmp_path, {"make": make}, outputs=outputs)
    assert done["registered"] == {"all": "azureml:rows:v1"}
    assert Registry(tmp_path / "lake").data_asset("rows", "v1").path.endswith("/make/outputs/made")


def test_an_output_is_written_to_the_path_it_states_although_an_equal_one_is_elsewhere(
    tmp_path: Path,
) -> None:
    store = "azureml://datastores/lake/paths"
    run_pipeline(tmp_path, making(path=f"{store}/one"))
    again = run_pipeline(tmp_path, making(path=f"{store}/one"))
    other = run_pipeline(tmp_path, making(path=f"{store}/other"))
    assert [run["nodes"]["make"]["reused"] for run in (again, other)] == [True, False]
    assert (tmp_path / "lake/other/a").is_file()
