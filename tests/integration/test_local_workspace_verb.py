"""The verb `workspace`: a shell starts it, other shells find it, and it goes without a trace."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
VERB = (sys.executable, "-m", "aml_pipelines", "workspace", "--target")
TARGET = """
lake: {lake}
workspace: {{subscription_id: 00000000-0000-0000-0000-000000000000, resource_group: g, name: w}}
spark: {{master: "local[*]"}}
"""
CLIENT = """
import os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
names = ("SUBSCRIPTION", "RESOURCEGROUP", "WORKSPACE_NAME")
ml = MLClient(DefaultAzureCredential(), *[os.environ[f"AZUREML_ARM_{name}"] for name in names])
print(ml.datastores.get("lake").name)
"""

pytestmark = pytest.mark.sdk


@pytest.fixture
def target(tmp_path: Path) -> Path:
    file = tmp_path / "target.yml"
    file.write_text(TARGET.format(lake=tmp_path / "lake"))
    return file


@contextmanager
def served(target: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve the workspace of `target`; gives the process and what it said when it was ready."""
    with subprocess.Popen(
        [*VERB, str(target)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            process.terminate()


def shell(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.slow
def test_a_shell_finds_the_workspace_that_another_serves_until_it_is_ended(target: Path) -> None:
    lake = target.parent / "lake"
    with served(target) as (process, said):
        find = f'eval "$({sys.executable} -m aml_pipelines workspace --target {target} --env)"'
        found = shell("/bin/bash", "-c", f"{find} && exec {sys.executable} -c '{CLIENT}'")
        second = shell(*VERB, str(target))
        process.terminate()
        code = process.wait(20)

    assert said.startswith(f"serving the workspace of {lake} at https://127.0.0.1:")
    assert found.stdout == "lake\n", found.stderr
    assert (second.returncode, f"by process {process.pid}" in second.stderr) == (2, True)
    assert code == 0
    assert not (lake / "registry" / "serving.json").exists()


@pytest.mark.slow
def test_a_command_has_a_workspace_for_as_long_as_it_runs(target: Path) -> None:
    lake = target.parent / "lake"
    told = shell(*VERB, str(target), "--", sys.executable, "-c", CLIENT)
    failed = shell(*VERB, str(target), "--", "/bin/sh", "-c", "exit 7")
    unknown = shell(*VERB, str(target), "--", "no-such-program", "--option")
    assert (told.returncode, told.stdout) == (0, "lake\n"), told.stderr
    assert failed.returncode == 7
    assert unknown.returncode == 1
    assert "'no-such-program' cannot be run: No such file or directory" in unknown.stderr
    assert not (lake / "registry" / "serving.json").exists()


@pytest.mark.slow
def test_a_client_meets_the_faults_of_a_file_and_gets_through(target: Path) -> None:
    rules = target.parent / "faults.yml"
    rules.write_text("rules:\n- {fault: throttle, path: '*/datastores/lake', times: 2}\n")
    words = [*VERB, str(target), f"--faults={rules}", "--", sys.executable, "-c", CLIENT]
    told = shell(*words)
    rules.write_text("rules: [{fault: burn}]")
    refused = shell(*words)
    assert (told.returncode, told.stdout) == (0, "lake\n"), told.stderr
    log = (target.parent / "lake/registry/workspace.log").read_text()
    assert log.count("/datastores/lake 429 ") == 2
    assert log.count("/datastores/lake 200 ") == 1
    assert refused.returncode == 2
    assert "'fault' is 'burn'; it is one of" in refused.stderr


def test_a_target_in_azure_is_not_served() -> None:
    finished = shell(*VERB, "dev")
    assert finished.returncode == 2
    assert "is a workspace in Azure" in finished.stderr
