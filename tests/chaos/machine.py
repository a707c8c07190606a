"""What a lake is after its machine stopped: files that nobody had synced are lost, empty or cut."""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING

from conf import faults

if TYPE_CHECKING:
    from pathlib import Path

NOTE = "settled.json"
# SQLite syncs its own files, and mends them itself.
_SYNCED = (".db", ".db-wal", ".db-shm", ".db-journal")


def stop_machine(lake: Path, began_ns: int, reached: Path, *, seed: str) -> list[Path]:
    """Leave of a lake what a machine would that stops now, and start it again.

    All that was there when the run began had reached the disk, as had what the run noted as
    settled, and what `reached` says was renamed: such a file is synced before it has its name. The
    rest did in part, by chance. Returns the files that did not.
    """
    note = json.loads((lake / NOTE).read_text("utf-8"))
    since = max(began_ns, note["settled_ns"])
    lines = reached.read_text("utf-8").splitlines()
    synced = {line.partition("after rename ")[2] for line in lines if "after rename " in line}
    files = [
        file
        for file in sorted(lake.rglob("*"))
        if file.is_file()
        and not file.is_symlink()
        and not file.name.endswith(_SYNCED)
        and file.stat().st_ctime_ns >= since
        and faults.lasting(str(file)) not in synced
    ]
    chance = random.Random(seed)  # noqa: S311 # no secret
    for file in files:
        size = chance.choice((None, 0, file.stat().st_size // 2))
        if size is None:
            file.unlink()
        else:
            os.truncate(file, size)
    (lake / NOTE).write_text(json.dumps({**note, "boot": "an earlier one"}), "utf-8")
    return files
