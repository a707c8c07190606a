"""The plugin of pytest: other repositories test their code on a workspace of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.integration.someones_tests import run_their_tests

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.sdk
def test_the_tests_of_another_repository_have_a_workspace_and_a_client(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
    options = ["-p", "aml_pipelines.testing.plugin"]
    passed, said = run_their_tests(tmp_path, Path(sys.executable), environment, options)
    assert passed == 5, said
