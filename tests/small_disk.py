"""A small disk for one command: a file system in memory that its own user may mount."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def on_small_disk(folder: Path, command: Sequence[str], *, kilobytes: int) -> list[str]:
    """Return the command of `command` to which `folder` is a disk of its own."""
    if not _can_mount():
        pytest.skip("this machine lets nobody mount a disk in a name space of one's own")
    mounted = f'mount -t tmpfs -o size={kilobytes}k tmpfs "$0" && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, str(folder), *command]


@cache
def _can_mount() -> bool:
    tried = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(tried, check=False, capture_output=True).returncode == 0
