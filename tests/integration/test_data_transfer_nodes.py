"""Data transfers really copy: folders and files, over what is there or beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.__main__ import main
from tests.integration.pipelines_elsewhere import run_pipeline, write_files, write_pipeline

if TYPE_CHECKING:
    import pytest

COPY = {"type": "data_transfer", "task": "copy_data"}


def test_folders_and_files_are_merged_and_a_conflict_copies_nothing(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"a/both.txt": "a", "a/in/a.txt": "a", "b/both.txt": "b", "one.txt": "one"}
    )
    inputs = {
        **{name: {"type": "uri_folder", "path": f"./{name}"} for name in "ab"},
        "one": {"type": "uri_file", "path": "./one.txt"},
    }
    out = {"all": {"type": "uri_folder", "path": "azureml://datastores/lake/paths/merged"}}
    file = {
        **COPY,
        "inputs": {"one": inputs["one"]},
        "outputs": {"copy": {"type": "uri_file"}},
    }
    record = run_pipeline(
        tmp_path,
        {
            "merge": {**COPY, "inputs": inputs, "outputs": out},
            "file": file,
            "careful": {
                **COPY,
                "inputs": {"b": inputs["b"], "made": "${{parent.jobs.merge.outputs.all}}"},
                "outputs": {"all": {"type": "uri_folder"}},
                "data_copy_mode": "fail_if_conflict",
            },
        },
    )
    nodes, merged = record["nodes"], tmp_path / "lake" / "merged"
    assert {
        str(path.relative_to(merged)): path.read_text()
        for path in merged.rglob("*")
        if path.is_file()
    } == {"both.txt": "b", "in/a.txt": "a", "one.txt": "one"}
    assert Path(nodes["file"]["outputs"]["copy"]).read_text() == "one"
    assert nodes["careful"]["status"] == "Failed"
    to = Path(nodes["careful"]["outputs"]["all"])
    assert nodes["careful"]["error"] == (
        f"copies {merged}/both.txt to {to}/both.txt, where there is a file already, "
        "with data_copy_mode fail_if_conflict; nothing was copied"
    )
    assert list(to.iterdir()) == []
    again = run_pipeline(tmp_path, {"merge": {**COPY, "inputs": inputs, "outputs": out}})
    assert again["nodes"]["merge"]["reused"]


def test_a_database_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = {
        "fetch": {
            "type": "data_transfer",
            "task": "import_data",
            "source": {"type": "database", "query": "select 1", "connection": "azureml:mine"},
            "outputs": {"sink": {"type": "mltable"}},
        }
    }
    assert main(write_pipeline(tmp_path, jobs)) == 2
    assert capsys.readouterr().err.endswith(
        "job 'fetch' is import_data with a database: it needs a connection that only a cloud has\n"
    )
    assert not list((tmp_path / "lake").glob("runs/*"))
