"""The exit codes of the command line: a mistake of the user's, a failure and a defect differ."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from aml_pipelines import __main__ as command_line
from aml_pipelines.errors import CommandFailedError, PipelineError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def verb_that_raises(error: Exception) -> Callable[[str], object]:
    def main(_: argparse.Namespace) -> int:
        raise error

    return lambda _: SimpleNamespace(add_arguments=lambda _: None, main=main)


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        (PipelineError("first.yml:3: wrong", "second.yml:1: too"), 2, "first.yml:3: wrong\n"),
        (CommandFailedError("job 'a' failed; see: logs a"), 1, "job 'a' failed; see: logs a\n"),
    ],
)
def test_what_the_user_can_put_right_is_a_line_each_and_no_traceback(
    error: Exception,
    code: int,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command_line, "verb_module", verb_that_raises(error))

    assert command_line.main(["status"]) == code

    said = capsys.readouterr().err
    assert said.startswith(printed)
    assert "Traceback" not in said


def test_a_defect_shows_its_traceback_and_is_never_taken_for_a_mistake_of_the_user(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    defect = ValueError("invalid literal for int() with base 10: 'x'")
    monkeypatch.setattr(command_line, "verb_module", verb_that_raises(defect))

    assert command_line.main(["status"]) == 70

    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith("ValueError: invalid literal for int() with base 10: 'x'\n")


@pytest.mark.parametrize("verb", ["plan", "run", "lineage", "health"])
def test_what_is_typed_often_waits_for_no_server_and_no_client(verb: str) -> None:
    slow = ("flask", "mlflow", "azure.ai.ml", "pyspark")
    code = (
        f"import sys, aml_pipelines.verbs.{verb}\nprint([m for m in {slow!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
