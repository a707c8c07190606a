"""The wheel: other repositories install it, and have the workspace, the plugin and the command."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.integration.someones_tests import run_their_tests

REPOSITORY = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
# `make wheel` sets it: the dependencies are installed too, which takes a network.
WITH_DEPENDENCIES = bool(os.environ.get("WHEEL_WITH_DEPENDENCIES"))


def run(*words: str | Path) -> str:
    ended = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has the wheel, and nothing of this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "env")
    python = folder / "env" / "bin" / "python"
    install = (UV, "pip", "install", "--quiet", "--python", python, wheel)
    if WITH_DEPENDENCIES:
        run(*install, "pytest")
    else:
        run(*install, "--no-deps")
        (site,) = (folder / "env" / "lib").glob("python*/site-packages")
        (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


@pytest.fixture
def environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"]}


@pytest.mark.slow
@pytest.mark.sdk
def test_their_tests_have_the_plugin_by_its_entry_point(
    python: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    passed, said = run_their_tests(tmp_path, python, environment, [])
    assert passed == 5, said


def test_their_command_has_a_workspace(
    python: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target.yml"
    names = "{subscription_id: s, resource_group: g, name: w}"
    target.write_text(f"lake: {tmp_path / 'lake'}\nworkspace: {names}\n")
    words: list[str | Path] = [python, "-m", "aml_pipelines", "workspace", "--target", target, "--"]
    said = "import os; print(os.environ['AZUREML_ARM_WORKSPACE_NAME'])"
    ended = subprocess.run(
        [*words, python, "-c", said],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ended.returncode, ended.stdout) == (0, "w\n"), ended.stderr
