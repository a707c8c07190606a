"""What Data Lake's list answers to the client that downloads outputs and registers tables."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_listed_by_its_own_path_but_for_the_mltable_the_client_would_look_up(
    tmp_path: Path,
) -> None:
    (tmp_path / "out").mkdir()
    for name in ("text", "textual", "MLTable"):
        (tmp_path / "out" / name).touch()
    identity = WorkspaceIdentity("secret")
    http = create_app(
        build_workspace(WorkspaceScope("s", "g", "w"), identity, tmp_path)
    ).test_client()
    token = identity.token("https://storage.azure.com", time.time())

    def listed(directory: str) -> list[str]:
        answer = http.get(
            "/storage/lake.dfs.core.windows.net/lake",
            query_string={"resource": "filesystem", "recursive": "true", "directory": directory},
            headers={"Authorization": f"Bearer {token}"},
        )
        return [path["name"] for path in (answer.get_json(silent=True) or {}).get("paths", [])]

    assert listed("out/text") == ["out/text"]
    assert listed("out/MLTable") == []
    assert listed("out") == ["out/MLTable", "out/text", "out/textual"]
