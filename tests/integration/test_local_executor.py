"""Pipelines from elsewhere really run: their nodes are processes, their outputs are files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.pipelines_elsewhere import (
    REPOSITORY,
    command_line,
    run_command,
    write_target,
)

HEAD = "type: pipeline\nsettings: {default_compute: azureml:cpu}\n"

UPPER = """\
type: command
name: upper
environment: azureml:python:1
inputs:
  text: {type: uri_file}
  suffix: {type: string, optional: true}
outputs:
  upper: {type: uri_file}
command: >-
  tr a-z A-Z < ${{inputs.text}} > ${{outputs.upper}}
  $[[&& printf %s ${{inputs.suffix}} >> ${{outputs.upper}}]]
"""
CHAIN = """\
inputs:
  text: {type: uri_file, path: text.txt}
  suffix: "!"
jobs:
  first: {type: command, component: upper.yml, inputs: {text: "${{parent.inputs.text}}"}}
  second:
    type: command
    component: upper.yml
    inputs: {text: "${{parent.jobs.first.outputs.upper}}", suffix: "${{parent.inputs.suffix}}"}
"""


@pytest.fixture(scope="session")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database as the first run of a lake leaves it: making one takes seconds."""
    lake = tmp_path_factory.mktemp("lake")
    prepare = f"prepare_tracking(Path({str(lake)!r}), ['pipeline'])"
    imports = (
        "from pathlib import Path; "
        "from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking"
    )
    subprocess.run([sys.executable, "-c", f"{imports}; {prepare}"], cwd=REPOSITORY, check=True)
    return lake / "mlflow"


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, tracking: Path) -> Path:
    """Return a lake of the test's own, on which nothing has run yet."""
    shutil.copytree(tracking, tmp_path / "lake" / "mlflow")
    return tmp_path / "lake"


def write_pipeline(folder: Path, jobs: str) -> Path:
    file = folder / "pipeline.yml"
    file.write_text(HEAD + jobs)
    (folder / "upper.yml").write_text(UPPER)
    (folder / "text.txt").write_text("hello")
    write_target(folder)
    return file


def inline(name: str, command: str, more: str = "") -> str:
    head = f"  {name}:\n    type: command\n    environment: azureml:python:1\n"
    return f"{head}    command: {json.dumps(command)}\n{more}"


def run(file: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return run_command("run", file, "--target", file.parent / "local.yml", *words)


def running_commands() -> str:
    files = [file for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
    return "\n".join(file.read_bytes().replace(b"\0", b" ").decode() for file in files)


def records(file: Path) -> list[dict[str, Any]]:
    found = sorted(
        (file.parent / "lake" / "runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime
    )
    return [json.loads(path.read_text()) for path in found]


def reused(record: dict[str, Any]) -> dict[str, bool]:
    return {name: node["reused"] for name, node in record["nodes"].items()}


def output(record: dict[str, Any], node: str, name: str) -> str:
    return Path(record["nodes"][node]["outputs"][name]).read_text()


def test_a_chain_runs_is_reused_and_runs_again_when_what_it_reads_changes(tmp_path: Path) -> None:
    file = write_pipeline(tmp_path, CHAIN)
    assert run(file).returncode == 0
    assert run(file).returncode == 0
    (tmp_path / "text.txt").touch()
    assert run(file, "--set", "inputs.suffix=?").returncode == 0
    (tmp_path / "text.txt").write_text("bye")
    assert run(file).returncode == 0
    assert run(file, "--fresh").returncode == 0
    first, second, third, fourth, fifth = records(file)
    assert output(first, "second", "upper") == "HELLO!"
    assert reused(second) == {"first": True, "second": True}
    assert second["nodes"]["second"]["outputs"] == first["nodes"]["second"]["outputs"]
    assert reused(third) == {"first": True, "second": False}
    assert output(third, "second", "upper") == "HELLO?"
    assert reused(fourth) == {"first": False, "second": False}
    assert output(fourth, "second", "upper") == "BYE!"
    assert reused(fifth) == {"first": False, "second": False}


@pytest.mark.slow
def test_a_changed_or_removed_output_is_not_reused(tmp_path: Path) -> None:
    file = write_pipeline(tmp_path, CHAIN)
    assert run(file).returncode == 0
    Path(records(file)[0]["nodes"]["first"]["outputs"]["upper"]).write_text("tampered")
    assert run(file).returncode == 0
    assert reused(records(file)[1]) == {"first": False, "second": True}


@pytest.mark.slow
def test_a_failed_node_is_shown_with_its_log_and_the_command_that_resumes(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    jobs = "inputs: {who: me}\njobs:\n" + inline(
        "first",
        "echo made > ${{outputs.made}}",
        "    outputs: {made: {type: uri_file}}\n",
    )
    jobs += inline(
        "second",
        "echo about to look; cat ${{inputs.made}} ${{inputs.flag}}",
        '    inputs: {made: "${{parent.jobs.first.outputs.made}}", '
        f'flag: "{flag}"}}\n    outputs: {{}}\n',
    )
    jobs += inline("third", "echo ${{inputs.who}}", '    inputs: {who: "${{parent.inputs.who}}"}\n')
    file = write_pipeline(tmp_path, jobs)
    failed = run(file, "--set", "inputs.who=it's me")
    assert failed.returncode == 1
    assert "node 'second' ended with exit code 1" in failed.stdout
    assert "about to look" in failed.stdout
    (resume,) = [line for line in failed.stdout.splitlines() if "resume with: " in line]
    setting = "--set 'inputs.who=it'\"'\"'s me'"
    assert f"run {file} --from second --target {tmp_path / 'local.yml'} {setting}" in resume
    assert records(file)[0]["status"] == "Failed"
    assert records(file)[0]["nodes"]["first"]["status"] == "Completed"
    flag.write_text("here")
    resumed = subprocess.run(
        [
            "/bin/bash",
            "-c",
            resume.partition("resume with: ")[2].replace("python", sys.executable, 1),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert records(file)[1]["nodes"]["first"]["reused"]
    assert not records(file)[1]["nodes"]["second"]["reused"]


@pytest.mark.slow
def test_only_needs_what_is_upstream_to_have_run_before(tmp_path: Path) -> None:
    file = write_pipeline(tmp_path, CHAIN)
    refused = run(file, "--only", "second")
    assert refused.returncode == 2
    assert "completed first; run it with --from first" in refused.stderr
    assert run(file).returncode == 0
    assert run(file, "--only", "second").returncode == 0
    last = records(file)[-1]
    assert reused(last) == {"first": True, "second": False}


def test_a_node_that_changes_its_read_only_input_fails(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.txt").write_text("a")
    jobs = f"jobs:\n{inline('spoil', 'echo b > ${{inputs.data}}/b.txt')}"
    jobs += f"    inputs: {{data: {{type: uri_folder, path: {data}}}}}\n"
    file = write_pipeline(tmp_path, jobs)
    failed = run(file)
    assert failed.returncode == 1
    assert "changed its input 'data', which is read-only in Azure" in failed.stdout


def test_an_output_may_lie_in_a_folder_that_its_node_reads(tmp_path: Path) -> None:
    raw = tmp_path / "lake" / "raw"
    raw.mkdir(parents=True)
    (raw / "a.txt").write_text("a")
    lake = "azureml://datastores/lake/paths/raw"
    jobs = f"jobs:\n{inline('copy', 'cp ${{inputs.raw}}/a.txt ${{outputs.kept}}/b.txt')}"
    jobs += f"    inputs: {{raw: {{type: uri_folder, path: {lake}}}}}\n"
    jobs += f"    outputs: {{kept: {{type: uri_folder, path: {lake}/kept}}}}\n"
    ran = run(write_pipeline(tmp_path, jobs))
    assert ran.returncode == 0, ran.stdout
    assert (raw / "kept" / "b.txt").read_text() == "a"


def test_branches_run_at_the_same_time(tmp_path: Path) -> None:
    meet = "touch {own}; for i in $(seq 100); do [ -f {other} ] && exit 0; sleep 0.1; done; exit 1"
    left, right = tmp_path / "left", tmp_path / "right"
    jobs = "jobs:\n" + inline("left", meet.format(own=left, other=right))
    jobs += inline("right", meet.format(own=right, other=left))
    assert run(write_pipeline(tmp_path, jobs)).returncode == 0


def test_a_node_is_ended_at_its_timeout_with_all_its_children(tmp_path: Path) -> None:
    jobs = "jobs:\n" + inline("slow", "sleep 77.7 & sleep 77.7", "    limits: {timeout: 1}\n")
    failed = run(write_pipeline(tmp_path, jobs))
    assert failed.returncode == 1
    assert "took longer than limits.timeout, 1 s" in failed.stdout
    assert "sleep 77.7" not in running_commands()


def test_a_snapshot_holds_code_and_includes_and_nothing_else(tmp_path: Path) -> None:
    code = tmp_path / "code"
    for name in ("kept.txt", "left.secret", "__pycache__/x.pyc"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text(name)
    (code / ".amlignore").write_text("*.secret\n")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "one.txt").write_text("one")
    (tmp_path / "list.yml").write_text(
        "type: command\nname: list\nenvironment: azureml:python:1\ncode: code\n"
        "additional_includes: [shared]\noutputs: {list: {type: uri_file}}\n"
        "command: find . -type f | sort > ${{outputs.list}}\n"
    )
    file = write_pipeline(tmp_path, "jobs:\n  list: {type: command, component: list.yml}\n")
    assert run(file).returncode == 0
    listed = output(records(file)[0], "list", "list").split()
    assert listed == ["./.amlignore", "./kept.txt", "./shared/one.txt"]


def test_a_second_run_on_the_same_lake_waits_and_an_interrupt_ends_the_first(
    tmp_path: Path,
) -> None:
    slow = write_pipeline(tmp_path, "jobs:\n" + inline("slow", "sleep 66.6"))
    words = command_line("run", slow, "--target", tmp_path / "local.yml")
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as first:
        while not list((tmp_path / "lake" / "runs").glob("*/slow/log.txt")):
            assert first.poll() is None
            time.sleep(0.05)
        with subprocess.Popen(
            words, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as second:
            assert second.stderr is not None
            assert "waiting for the lake" in second.stderr.readline()
            second.send_signal(signal.SIGTERM)
        os.kill(first.pid, signal.SIGTERM)
    assert first.returncode == 130
    (record,) = records(slow)
    assert (record["status"], record["nodes"]["slow"]["status"]) == ("Failed", "Failed")
    assert "sleep 66.6" not in running_commands()


@pytest.mark.slow
def test_what_a_run_writes_is_its_owners_alone(tmp_path: Path, lake: Path) -> None:
    file = write_pipeline(tmp_path, CHAIN)
    shutil.rmtree(lake)  # its files were written by the test
    ran = run(file)
    assert ran.returncode == 0, ran.stderr
    open_to_others = [
        str(path.relative_to(lake)) for path in lake.rglob("*") if path.lstat().st_mode & 0o077
    ]
    assert not [path for path in open_to_others if not (lake / path).is_symlink()]


def test_a_node_sees_no_login_and_no_setting_of_the_shell_that_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = ("AZURE_CLIENT_SECRET", "GITHUB_TOKEN", "MLFLOW_TRACKING_PASSWORD", "MY_SETTING")
    for name in hidden:
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("LC_TIME", "C")
    more = "    outputs: {seen: {type: uri_file}}\n    environment_variables: {OWN: hers}\n"
    file = write_pipeline(tmp_path, "jobs:\n" + inline("see", "env > ${{outputs.seen}}", more))
    assert run(file).returncode == 0
    seen = output(records(file)[0], "see", "seen").splitlines()
    names = {line.partition("=")[0] for line in seen}
    assert not names.intersection(hidden)
    assert {"PATH", "HOME", "LC_TIME", "OWN", "AZUREML_RUN_ID"} <= names


def test_what_is_missing_is_refused_before_anything_starts(tmp_path: Path) -> None:
    jobs = "jobs:\n" + inline("use", "ls ${{inputs.data}}")
    jobs += '    inputs: {data: {type: mltable, path: "azureml:nobody_has_this@latest"}}\n'
    file = write_pipeline(tmp_path, jobs)
    refused = run(file)
    assert refused.returncode == 2
    assert "run the pipeline that registers 'nobody_has_this'" in refused.stderr
    assert not records(file)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "no_such_pipeline"], "is neither a file nor one of"),
        (["run", "FILE", "--target", "dev"], "target 'dev' is a workspace in Azure"),
        (["plan", "FILE", "--target", "nowhere"], "there are ['azurite', 'dev', 'local', 'prod'"),
        (["plan", "FILE", "--set", "inputs.nil=1"], "--set inputs.nil: no such pipeline input"),
        (["plan", "FILE", "--set", "nil"], "is not of the form inputs.NAME=VALUE"),
        (["run", "FILE", "--from", "nil"], "has no node 'nil'; it has first, second"),
    ],
)
def test_a_wrong_command_line_is_refused_with_what_would_be_right(
    tmp_path: Path, words: list[str], told: str
) -> None:
    file = write_pipeline(tmp_path, CHAIN)
    said = run_command(*[file if word == "FILE" else word for word in words])
    assert said.returncode == 2
    assert told in said.stderr


def test_pipelines_of_one_run_share_a_workspace_and_track_in_experiments_of_their_own(
    tmp_path: Path,
) -> None:
    said = inline(
        "say",
        "echo $MLFLOW_EXPERIMENT_NAME $AZUREML_DEV_URL_MFE > ${{outputs.said}}",
        "    outputs: {said: {type: uri_file}}\n",
    )
    first = write_pipeline(tmp_path, f"jobs:\n{said}")
    second = tmp_path / "second.yml"
    other = said.replace("echo", "true; echo")  # an equal node would be reused
    second.write_text(f"{HEAD}experiment_name: flights\njobs:\n{other}")

    done = run_command("run", first, second, "--target", tmp_path / "local.yml")

    assert done.returncode == 0, done.stderr
    texts = [output(record, "say", "said").split() for record in records(first)]
    (one, address), (two, same_address) = texts
    assert (one, two) == ("pipeline", "flights")
    assert address == same_address
    database = sqlite3.connect(tmp_path / "lake" / "mlflow" / "mlflow.db")
    with closing(database):
        found = dict(database.execute("SELECT name, artifact_location FROM experiments"))
    assert found["flights"] == (tmp_path / "lake/mlflow/artifacts/flights").as_uri()


def test_a_node_stops_at_its_breakpoint_with_its_real_inputs_and_is_answered(
    tmp_path: Path,
) -> None:
    (tmp_path / "code").mkdir()
    script = tmp_path / "code" / "count.py"
    script.write_text("import sys\ntext = open(sys.argv[1]).read()\nprint(len(text))\n")
    read = "${{parent.jobs.first.outputs.upper}}"
    second = inline(
        "second",
        "python count.py ${{inputs.text}}",
        f'    code: code\n    inputs: {{text: {{type: uri_file, path: "{read}"}}}}\n',
    )
    file = write_pipeline(tmp_path, CHAIN.partition("  second:")[0] + second)
    file.write_text(file.read_text().replace('  suffix: "!"\n', ""))
    assert run(file).returncode == 0
    script.write_text(script.read_text().replace("print(", "breakpoint()\nprint("))

    target = tmp_path / "local.yml"
    debugged = run_command(
        "run", file, "--target", target, "--debug", "second", typed="p text + '?'\nc\n"
    )

    assert debugged.returncode == 0, debugged.stderr
    assert "'HELLO?'" in debugged.stdout
    assert "(Pdb) 5\n" in debugged.stdout
    assert not (records(file)[1]["nodes"]["second"]["log"])
    assert records(file)[1]["nodes"]["first"]["reused"]
