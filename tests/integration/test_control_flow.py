"""Control flow really decides: branches that are left out, rounds that follow, items at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aml_pipelines.execution.data import bring_inputs, fill_literals, make_outputs
from aml_pipelines.execution.tracking import TrackedRun
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.workspace.assets.mlflow_runs import MlflowRuns
from aml_pipelines.workspace.assets.registry import Registry
from tests.integration.pipelines_elsewhere import run_pipeline, write_files, write_pipeline
from tests.tracking import EXPERIMENT

INTEGER, BOOLEAN, FOLDER = ({"type": kind} for kind in ("integer", "boolean", "uri_folder"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a lake, which the pipelines of these tests share."""
    return tmp_path_factory.mktemp("pipelines")


def command(line: str, **more: object) -> dict[str, object]:
    return {"type": "command", "environment": "azureml:python:1", "command": line, **more}


def told(name: str, **outputs: object) -> dict[str, object]:
    """Return a job that writes its one output's name and its input."""
    line = f"echo {name} > ${{{{outputs.said}}}}"
    return command(line, outputs={"said": {"type": "uri_file"}, **outputs})


def statuses(record: dict[str, Any]) -> dict[str, str]:
    return {name: node["status"] for name, node in record["nodes"].items()}


def test_the_branch_that_is_not_taken_is_skipped_with_all_that_needs_it(folder: Path) -> None:
    judge = command("echo False > ${{outputs.flag}}", outputs={"flag": BOOLEAN})
    join = {
        "type": "command",
        "component": {
            "type": "command",
            "environment": "azureml:python:1",
            "inputs": {
                "small": {"type": "uri_file", "optional": True},
                "large": {"type": "uri_file"},
            },
            "outputs": {"joined": {"type": "uri_file"}},
            "command": "cat $[[${{inputs.small}}]] ${{inputs.large}} > ${{outputs.joined}}",
        },
        "inputs": {
            name: f"${{{{parent.jobs.{name}.outputs.said}}}}" for name in ("small", "large")
        },
    }
    record = run_pipeline(
        folder,
        {
            "judge": judge,
            "choose": {
                "type": "if_else",
                "condition": "${{parent.jobs.judge.outputs.flag}}",
                "true_block": ["${{parent.jobs.small}}", "${{parent.jobs.inner}}"],
                "false_block": "${{parent.jobs.large}}",
            },
            "small": told("small"),
            "inner": {
                "type": "if_else",
                "condition": True,
                "true_block": "${{parent.jobs.innermost}}",
            },
            "innermost": told("innermost"),
            "large": told("large"),
            "after_small": command(
                "cat ${{inputs.said}}", inputs={"said": "${{parent.jobs.small.outputs.said}}"}
            ),
            "join": join,
        },
    )
    assert record["status"] == "Completed"
    assert statuses(record) == {
        "judge": "Completed",
        "choose": "Completed",
        "small": "Skipped",
        "inner": "Skipped",
        "innermost": "Skipped",
        "large": "Completed",
        "after_small": "Skipped",
        "join": "Completed",
    }
    assert record["nodes"]["choose"]["properties"] == {"condition": "False"}
    joined = record["nodes"]["join"]["outputs"]["joined"]
    assert Path(joined).read_text() == "large\n"


def test_a_value_that_a_run_tells_without_a_file_is_written_to_its_file(folder: Path) -> None:
    jobs = {"judge": command(": ${{outputs.flag}}", outputs={"flag": BOOLEAN, "other": BOOLEAN})}
    write_pipeline(folder, jobs)
    lake = folder / "lake"
    locations = Locations(FolderLake(lake), lake / "runs", "told", Registry(lake))
    plan = plan_pipeline(folder / "pipeline.yml", locations, overrides={}, target_inputs={})
    node = plan.nodes["judge"]
    data = bring_inputs(node, {}, folder, FolderLake(lake), str)
    make_outputs(node, data)
    tracking = MlflowRuns(lake, lambda: None)
    tracking.begin(TrackedRun(node.run_name, EXPERIMENT, "judge"))
    # As mldesigner does.
    tracking.tag(node.run_name, {"azureml.pipeline.control": '{"flag": true}'})
    fill_literals(node, data, tracking)
    assert Path(data.outputs["flag"]).read_text() == "True"
    assert not Path(data.outputs["other"]).exists()


COUNT = """
type: command
name: count
environment: azureml:python:1
inputs: {number: {type: integer}, path: {type: uri_folder, optional: true}}
outputs: {next: {type: integer}, is_small: {type: boolean}, path: {type: uri_folder}}
command: >-
  n=$((${{inputs.number}} + 1)); echo $n > ${{outputs.next}};
  [ $n -lt 3 ] && echo true > ${{outputs.is_small}} || echo false > ${{outputs.is_small}};
  for old in $[[${{inputs.path}}/*]]; do cp $old ${{outputs.path}}; done;
  touch ${{outputs.path}}/$n
"""
READ = command(
    "echo ${{inputs.number}} $(ls ${{inputs.path}}) > ${{outputs.said}}",
    inputs={
        "number": "${{parent.jobs.count.outputs.next}}",
        "path": "${{parent.jobs.count.outputs.path}}",
    },
    outputs={"said": {"type": "uri_file"}},
)


def test_rounds_follow_while_the_condition_is_true_and_give_what_the_last_one_made(
    folder: Path,
) -> None:
    write_files(
        folder,
        {"count.yml": COUNT},
    )
    repeat = {
        "type": "do_while",
        "body": "${{parent.jobs.count}}",
        "condition": "${{parent.jobs.count.outputs.is_small}}",
        "mapping": {"next": "number", "path": "path"},
        "limits": {"max_iteration_count": 9},
    }
    jobs = {
        "count": {"type": "command", "component": "./count.yml", "inputs": {"number": 0}},
        "repeat": repeat,
        "read": READ,
    }
    record = run_pipeline(folder, jobs)
    assert statuses(record) == dict.fromkeys(
        ("count-1", "repeat", "read", "count-2", "count-3"), "Completed"
    )
    nodes = record["nodes"]
    assert Path(nodes["read"]["outputs"]["said"]).read_text() == "3 1 2 3\n"
    assert nodes["repeat"]["properties"] == {"iterations": "3"}
    assert nodes["repeat"]["outputs"] == nodes["count-3"]["outputs"]
    limited = {**repeat, "limits": {"max_iteration_count": 2}}
    again = run_pipeline(folder, {**jobs, "repeat": limited})["nodes"]
    assert {name: node["reused"] for name, node in again.items()} == {
        "count-1": True,
        "repeat": False,
        "read": False,
        "count-2": True,
    }
    assert Path(again["read"]["outputs"]["said"]).read_text() == "2 1 2\n"


def test_a_round_that_fails_fails_its_loop_which_is_resumed_by_its_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = folder / "gate"
    fail = command(
        f"echo 1 > ${{{{outputs.next}}}}; [ -e {gate} ] || exit ${{{{inputs.code}}}}",
        inputs={"code": 0},
        outputs={"next": INTEGER},
    )
    loop = {
        "type": "do_while",
        "body": "${{parent.jobs.fail}}",
        "mapping": {"next": "code"},
        "limits": {"max_iteration_count": 2},
    }
    said = "${{parent.jobs.fail.outputs.next}}"
    read = command("echo ${{inputs.said}}", inputs={"said": said})
    record = run_pipeline(folder, {"fail": fail, "loop": loop, "read": read})
    assert record["status"] == "Failed"
    assert statuses(record) == {
        "fail-1": "Completed",
        "loop": "Skipped",
        "read": "Skipped",
        "fail-2": "Failed",
    }
    assert " --from loop " in capsys.readouterr().out
    gate.touch()
    resumed = run_pipeline(folder, {"fail": fail, "loop": loop, "read": read}, "--from", "loop")
    assert statuses(resumed) == dict.fromkeys(("fail-1", "loop", "read", "fail-2"), "Completed")
    assert resumed["nodes"]["fail-1"]["reused"]


def test_items_run_at_once_and_what_they_make_is_gathered(folder: Path) -> None:
    # Each waits for the other.
    meet = command(
        "touch ../../here-${{inputs.number}}; for i in $(seq 200); do "
        "[ $(ls ../.. | grep -c here) = 2 ] && touch ${{outputs.path}}/met && break; "
        "sleep 0.05; done; echo $((${{inputs.number}} * 2)) > ${{outputs.twice}}",
        inputs={"number": 0},
        outputs={"path": FOLDER, "twice": INTEGER},
    )
    jobs: dict[str, object] = {
        "both": meet,
        "each_both": {
            "type": "parallel_for",
            "body": "${{parent.jobs.both}}",
            "items": [{"number": 1}, {"number": 2}],
        },
    }
    jobs["list"] = command(
        """echo '{"a": {"number": 4}, "b": {"number": 5}, "c": {"number": 6}}' > ${{outputs.items}}
        """,
        outputs={"items": {"type": "string"}},
    )
    jobs["one"] = command(
        "echo ${{inputs.number}} > ${{outputs.said}}",
        inputs={"number": 0},
        outputs={"said": {"type": "uri_file"}},
    )
    jobs["each_listed"] = {
        "type": "parallel_for",
        "body": "${{parent.jobs.one}}",
        "items": "${{parent.jobs.list.outputs.items}}",
    }
    jobs["read"] = command(
        "echo '${{inputs.numbers}}' > ${{outputs.said}}; grep -c file: ${{inputs.files}}/MLTable",
        inputs={
            "numbers": "${{parent.jobs.each_both.outputs.twice}}",
            "files": "${{parent.jobs.each_listed.outputs.said}}",
        },
        outputs={"said": {"type": "uri_file"}},
    )
    record = run_pipeline(folder, jobs)
    assert set(statuses(record).values()) == {"Completed"}
    nodes = record["nodes"]
    paths = [nodes[name]["outputs"]["path"] for name in ("both-1", "both-2")]
    assert [Path(path, "met").exists() for path in paths] == [True, True]
    assert [name for name in nodes if name.startswith("one")] == ["one-1", "one-2", "one-3"]
    assert Path(nodes["read"]["outputs"]["said"]).read_text() == "[2, 4]\n"
    assert Path(nodes["read"]["log"]).read_text() == "3\n"
    table = Path(nodes["each_both"]["outputs"]["path"]) / "MLTable"
    assert table.read_text() == (
        f"type: mltable\npaths:\n- folder: {paths[0]}\n- folder: {paths[1]}\n"
    )
