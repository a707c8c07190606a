"""A disk that is full or refuses: commands and steps say so in a sentence, and complete later."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.workers import PROGRAM, working
from tests.rooms import REPOSITORY
from tests.small_disk import on_small_disk

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = """\
type: pipeline
jobs:
  greet:
    type: command
    command: echo hello > ${{outputs.greeting}}/text
    environment: azureml:greeting:1
    outputs: {greeting: {type: uri_folder}}
"""
FILL = "dd if=/dev/zero of=room bs=1k count={free} && cat /dev/zero > ballast; rm room"


def on_disk(folder: Path, *lines: str) -> str:
    """Run lines of a shell in a disk of 6 MB at `folder`, and return all that they print."""
    disk = folder / "disk"
    disk.mkdir()
    target = {
        "lake": str(disk),
        "workspace": {"subscription_id": "s", "resource_group": "g", "name": "w"},
        "spark": {"master": "local[2]"},
    }
    (folder / "local.yml").write_text(json.dumps(target))  # JSON is YAML
    (folder / "greet.yml").write_text(PIPELINE)
    program = shlex.join([sys.executable, "-m", "aml_pipelines"])
    to = f"--target {shlex.quote(str(folder / 'local.yml'))}"
    typed = f'typed() {{ (cd {REPOSITORY} && {program} "$@" {to}); echo "exit code $?"; }}'
    script = "\n".join(["exec 2>&1", f"cd {disk}", typed, *lines])
    command = on_small_disk(disk, ["sh", "-c", script], kilobytes=6000)
    # Tests trust few authorities, of which the workspace keeps a copy; users trust all.
    environment = {k: v for k, v in os.environ.items() if k != "REQUESTS_CA_BUNDLE"}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return ended.stdout


@pytest.mark.slow
def test_a_command_on_a_full_disk_says_what_it_could_not_write_and_leaves_no_part_of_it(
    tmp_path: Path,
) -> None:
    said = on_disk(
        tmp_path,
        "cat /dev/zero > ballast",
        "typed sample diabetes",
        "find . -type f",
        "rm ballast",
        "typed sample diabetes",
        "find . -type f",
    ).splitlines()
    disk = tmp_path / "disk"
    failed = said.index("exit code 1")
    assert said[failed - 1] == (
        f"{disk}/raw/diabetes/history/patients.jsonl: cannot be written: No space left on device; "
        "0 bytes are free there: free some space, and type the same command again"
    )
    assert said[failed + 1] == "./ballast"
    assert said[failed + 2 :] == [
        f"diabetes: 2 files in {disk}/raw",
        "exit code 0",
        "./raw/diabetes/batch/arrivals.jsonl",
        "./raw/diabetes/history/patients.jsonl",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("free", "told"),
    [
        (0, ".lock: cannot be written: No space left on device; 0 bytes are free there: "),
        # The disk is full in the middle of the making of MLflow's database.
        (340, "the local workspace did not start; see "),
    ],
)
def test_a_run_on_a_full_disk_completes_when_there_is_space_again(
    tmp_path: Path, free: int, told: str
) -> None:
    run = f"typed run {tmp_path / 'greet.yml'}"
    said = on_disk(tmp_path, FILL.format(free=free), run, "rm ballast", run)
    first, _, second = said.partition("exit code 1")
    assert told in first
    assert "Traceback" not in said
    assert "greet: completed" in second
    assert second.endswith("exit code 0\n")


@pytest.mark.slow
def test_a_run_on_a_disk_that_is_read_only_says_so(tmp_path: Path) -> None:
    said = on_disk(tmp_path, "mount -o remount,ro .", f"typed run {tmp_path / 'greet.yml'}")
    assert said.endswith(
        f"{tmp_path}/disk/.lock: Read-only file system; let this user write there, and type the "
        "same command again\nexit code 1\n"
    )


@pytest.mark.slow
@pytest.mark.spark
def test_steps_of_spark_say_which_table_a_full_or_read_only_disk_does_not_take(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = on_small_disk(disk, PROGRAM, kilobytes=2000)
    with working(tmp_path / "spark.log", command=command) as worker:
        worker.ask("arrive", str(disk), day="2_tuesday")
        bronze = f"{disk}/bronze/trips/rows"
        worker.ask("shell", str(disk), line="mount -o remount,ro .")
        refused = worker.error("run", str(disk), until="ingest")
        worker.ask("shell", str(disk), line="mount -o remount,rw . && cat /dev/zero > ballast")
        full = worker.error("run", str(disk), until="ingest")
        worker.ask("shell", str(disk), line="rm ballast")
        worker.ask("run", str(disk), until="ingest")
        rows = worker.ask("rows", str(disk))
    assert f"UnavailableError: {bronze}: version 0 cannot be written: " in full
    assert full.endswith("bytes are free there: free some space, and run the pipeline again")
    assert f"UnavailableError: {bronze}: version 0 cannot be written: " in refused
    assert refused.endswith("; let this user write there, and run the pipeline again")
    assert len(rows["bronze/trips/rows"]) == 5
