"""An earlier commit of this repository, to be measured beside this one."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

from conf.target import REPOSITORY
from tests.bench.turns import NotHereError
from tests.rooms import ROOMS

if TYPE_CHECKING:
    from pathlib import Path

# The last commit before there was a bench.
EARLIER = "278f24687fe9162525f8d60aea34a59235c280aa"


def earlier_rooms(folder: Path) -> Path:
    """Write the rooms of that commit to a folder, and return it.

    Raises NotHereError where this repository has no history, as a shallow clone.
    """
    command = ["git", "-C", str(REPOSITORY), "archive", "--format=tar", EARLIER, *ROOMS]
    try:
        archive = subprocess.run(command, capture_output=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise NotHereError(
            f"commit {EARLIER[:7]} is not here to be compared with; in a shallow clone, run: "
            "git fetch --unshallow"
        ) from error
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        opened.extractall(folder, filter="data")
    return folder
