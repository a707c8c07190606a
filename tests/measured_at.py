"""At which commit something was measured or tried."""

from __future__ import annotations

from aml_pipelines.execution.record import git_commit


def short_commit() -> str:
    """Return ten digits of the commit, with a + when files differ from it; '' if there is none."""
    commit = git_commit() or ""
    return commit[:10] + "+" * commit.endswith("+")
