"""What a server left behind is deleted when it is old, and kept while it may be needed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from aml_pipelines.workspace.clean_up import delete_old_blocks, turn_log
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 3600


def made(path: Path, *, days_ago: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("block")
    for item in (path, path.parent):
        os.utime(item, (time.time() - days_ago * DAY,) * 2)
    return path


def test_blocks_that_no_blob_has_are_kept_for_a_week(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    old = made(folder.staged_blocks / "old" / "61", days_ago=8)
    fresh = made(folder.staged_blocks / "fresh" / "61", days_ago=6)
    part = made(folder.staged_blocks / "part", days_ago=8)
    delete_old_blocks(folder)
    assert not old.parent.exists()
    assert not part.exists()
    assert fresh.exists()


def test_a_lake_without_blocks_has_none_to_delete(tmp_path: Path) -> None:
    delete_old_blocks(StateFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_large_log_is_begun_anew_and_the_one_before_kept(tmp_path: Path) -> None:
    log = tmp_path / "workspace.log"
    turn_log(log)
    log.write_text("small")
    turn_log(log)
    assert log.read_text() == "small"
    log.write_text("x" * (11 << 20))
    turn_log(log)
    assert not log.exists()
    assert (tmp_path / "workspace.log.1").stat().st_size == 11 << 20
