"""The GUID of a workspace, which is made once and kept in its state folder."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from aml_pipelines.files import write_whole
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from pathlib import Path


def workspace_id(state: Path) -> str:
    """Return the workspace's GUID: clients keep on disk, under it, what they have registered."""
    file = StateFolder(state).workspace_id
    if not file.is_file():
        newborn = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
        write_whole(newborn, str(uuid.uuid4()).encode())
        # Two servers of one new lake may be here at once: the first one's file gets the name.
        with suppress(FileExistsError):
            os.link(newborn, file)
        newborn.unlink()
    return file.read_text(encoding="utf-8")
