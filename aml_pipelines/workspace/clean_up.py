"""Deletes what a server left behind: blocks that were never committed, and old lines of its log."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.workspace.state import StateFolder

# As Azure keeps blocks that no blob has.
_BLOCKS_LAST_SECONDS = 7 * 24 * 3600.0
_LARGEST_LOG = 10 << 20


def delete_old_blocks(folder: StateFolder) -> None:
    """Delete what was staged for a blob and not written to for a week."""
    if not folder.staged_blocks.is_dir():
        return
    oldest = time.time() - _BLOCKS_LAST_SECONDS
    for path in folder.staged_blocks.iterdir():
        newest = max(item.stat().st_mtime for item in (path, *path.glob("*")))
        if newest > oldest:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def turn_log(log: Path) -> None:
    """Begin a log anew when it is large; the file NAME.1 has the lines so far, and none before."""
    if log.is_file() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))
