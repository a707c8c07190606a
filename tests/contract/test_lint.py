"""`make lint` passes over the repository, and each of its hooks refuses what it is there for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.files import REPOSITORY, copy_repository, read_yaml

pytestmark = pytest.mark.checks

HOOKS = [
    hook["id"] for hook in read_yaml(REPOSITORY / ".pre-commit-config.yaml")["repos"][0]["hooks"]
]
PYTHON = "from __future__ import annotations\n\n"
WRONG = {
    "trailing-whitespace": ("docs/spaces.md", "A line. \n"),
    "end-of-file": ("docs/unended.md", "A line."),
    "check-yaml": ("conf/unclosed.yml", "key: [1\n"),
    "check-added-large-files": ("docs/large.txt", "A line.\n" * 30_000),
    "detect-private-key": ("conf/secret.txt", f"-----BEGIN RSA {'PRIVATE'} KEY-----\n"),
    "codespell": ("docs/misspelt.md", "teh\n"),  # codespell:ignore teh
    "ruff-format": ("conf/unformatted.py", f"{PYTHON}SIZE = {{'a':1}}\n"),
    "ruff": ("conf/unused.py", f"{PYTHON}import os\n"),
    "mypy": ("conf/mistyped.py", f'{PYTHON}SIZE: int = "large"\n'),
    "lint-imports": ("conf/upwards.py", f"{PYTHON}from spark_jobs import lake\n"),
    "deptry": ("conf/undeclared.py", f"{PYTHON}import nobody_declared_this\n"),
}


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("caches")
    return {"PRE_COMMIT_HOME": str(folder / "hooks"), "MYPY_CACHE_DIR": str(folder / "mypy")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    copy_repository(tmp_path)
    return tmp_path


def lint(repository: Path, caches: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Do what `make lint` does, in a copy of the repository and with the same tools."""
    pre_commit = str(Path(sys.prefix, "bin", "pre-commit"))
    for command in (["git", "init", "--quiet"], ["git", "add", "--all"]):
        subprocess.run(command, cwd=repository, check=True)
    (repository / ".venv").symlink_to(sys.prefix)
    return subprocess.run(
        [pre_commit, "run", "--all-files", "--color=never"],
        cwd=repository,
        env=os.environ | caches,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_hook_passes_over_every_file_and_over_those_of_new_steps(
    repository: Path, caches: dict[str, str]
) -> None:
    for kind in ("spark", "command"):
        words = [sys.executable, "-m", "aml_pipelines", "new", "step", f"{kind}_step"]
        subprocess.run([*words, "--type", kind], cwd=repository, check=True)
    linted = lint(repository, caches)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert linted.stdout.count("Passed\n") == len(HOOKS), linted.stdout


def test_every_hook_refuses_what_it_is_there_for(repository: Path, caches: dict[str, str]) -> None:
    for name, text in WRONG.values():
        (repository / name).write_text(text)
    linted = lint(repository, caches)
    _, *refusals = re.split(r"^- hook id: ", linted.stdout, flags=re.MULTILINE)
    told = {refusal.partition("\n")[0]: refusal for refusal in refusals}
    assert list(told) == HOOKS == list(WRONG), linted.stdout
    for hook, (name, _) in WRONG.items():
        assert Path(name).stem in told[hook], linted.stdout
