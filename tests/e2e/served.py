"""Workspaces served by their verb, each in a process of its own, and a prompt beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.__main__ import main
from tests.e2e.lake_runs import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@contextmanager
def serving(target: Path, lake: Path) -> Iterator[None]:
    """Serve the workspace of `target` until the block ends; what that sets here is set back."""
    before = dict(os.environ)
    words = [sys.executable, "-m", "aml_pipelines", "workspace", "--target", str(target)]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        assert served.stdout.readline().startswith(f"serving the workspace of {lake} at https://")
        try:
            yield
        finally:
            served.send_signal(signal.SIGINT)
            os.environ.clear()
            os.environ.update(before)


class Prompt:
    """A shell beside served workspaces."""

    def __init__(self, capture: pytest.CaptureFixture[str], *last: str) -> None:
        self._capture = capture
        self._last = last

    def __call__(self, *words: str, code: int = 0) -> str:
        """Type a verb; gives what it printed, when it ended with `code`."""
        self._capture.readouterr()
        ended = main([*words, *self._last])
        printed = self._capture.readouterr()
        assert ended == code, printed
        return printed.out if code == 0 else printed.err
