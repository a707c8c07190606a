"""Verbs typed at a workspace of the test's own, as somebody types them."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from _pytest.capture import CaptureResult

from aml_pipelines.__main__ import main
from aml_pipelines.workspace.background import job_service
from aml_pipelines.workspace.discovery import announce, serving_alone
from tests.integration.workspace_here import WorkspaceHere, workspace_here
from tests.integration.workspace_jobs import Names
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest

    from aml_pipelines.workspace.served import JobService, ServedWorkspace

TARGET = """\
lake: {lake}
workspace:
  subscription_id: 00000000-0000-0000-0000-000000000000
  resource_group: local
  name: {name}
  location: local
spark: {{master: "local[2]"}}
endpoints: {{batch: trips-batch, online: trips-online}}
"""


@dataclass(frozen=True)
class Typed:
    """A served workspace, the file of its target, and a prompt."""

    here: WorkspaceHere
    lake: Path
    target: Path
    capture: pytest.CaptureFixture[str] | None

    def __call__(self, *words: str, code: int = 0) -> str:
        """Type a verb; gives what it printed, when it ended with `code`."""
        if self.capture:
            self.capture.readouterr()
        ended = main([*words, "--target", str(self.target)])
        printed = self.capture.readouterr() if self.capture else CaptureResult("", "")
        assert ended == code, printed
        return printed.out if code == 0 else printed.err


def _takes_jobs(
    workspace: ServedWorkspace, _: Mapping[str, str]
) -> AbstractContextManager[JobService]:
    """Take jobs and schedules, and start none: nothing here is about what they do."""
    return nullcontext(job_service(workspace, master="local[1]", environment={}))


@contextmanager
def typing_at(
    lake: Path, capture: pytest.CaptureFixture[str] | None, name: str = "local"
) -> Iterator[Typed]:
    """Serve the workspace of `lake`, and let verbs find it as any shell would."""
    lay_tracking(lake)
    target = lake.parent / "here.yml"
    target.write_text(TARGET.format(lake=lake, name=name))
    before = dict(os.environ)
    with (
        serving_alone(lake),
        workspace_here(lake, jobs=_takes_jobs, names=Names(name=name)) as here,
    ):
        announce(lake, here.env)
        yield Typed(here, lake, target, capture)
    os.environ.clear()
    os.environ.update(before)
