"""Points at which a test ends a process, to prove that what it leaves there can be taken up again.

Nothing happens at a point unless VARIABLE names a folder, which a test has made.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "AML_PIPELINES_FAULTS"
REACHED, PLAN, WAITING = "reached.txt", "plan.json", "waiting.json"
# A test writes a folder's path into the first; each point then adds a line to the second.
WATCHED, STATES = "watched.txt", "states.txt"
_PRINTED = {"log.txt", "workspace.log"}
EXIT_CODE = 86
_LOOK_SECONDS = 0.01
_SHOWN_PARTS = 3  # of a path
# What differs from run to run: times, random names and numbers of processes.
_CHANGING = re.compile(r"\d{8}T\d{6}(_\d+)?|tmp[0-9a-z_]{8}|[0-9a-f]{16,}|\d{5,}")


def point(name: str, about: str = "") -> None:
    """Mark a place between two changes of what is kept: `about` names what is changed."""
    folder = os.environ.get(VARIABLE)
    if folder:
        _reach(Path(folder), name, about)


@contextmanager
def around(name: str, about: str = "") -> Iterator[None]:
    """Mark the places before and after the one change that the block makes."""
    point(f"before {name}", about)
    yield
    point(f"after {name}", about)


def _reach(folder: Path, name: str, about: str) -> None:
    here = f"{_program()}: {name} {lasting(about)}".rstrip()
    number = _count(folder / REACHED, here)
    plan = json.loads((folder / PLAN).read_text("utf-8")) if (folder / PLAN).is_file() else {}
    if (here, number) != (plan.get("point"), plan.get("number")):
        return
    # First, so that whoever takes the point up again does not stop at it.
    (folder / PLAN).unlink()
    if plan["action"] == "die":
        os._exit(EXIT_CODE)
    waiting = folder / WAITING
    waiting.write_text(json.dumps({"pid": os.getpid(), "about": about}), "utf-8")
    while waiting.is_file():
        time.sleep(_LOOK_SECONDS)


def _count(file: Path, here: str) -> int:
    """Write down that a point was reached, and return how often it has been."""
    with file.open("a+", encoding="utf-8") as reached:
        fcntl.flock(reached, fcntl.LOCK_EX)
        reached.seek(0)
        number = 1 + sum(line.rstrip("\n") == here for line in reached)
        reached.write(f"{here}\n")
        if (file.parent / WATCHED).is_file():
            watched = Path((file.parent / WATCHED).read_text("utf-8"))
            with (file.parent / STATES).open("a", encoding="utf-8") as states:
                states.write(f"{os.getpid()} {_state(watched)}\n")
    return number


def _state(folder: Path) -> str:
    """Return a digest of a folder's files and when they changed.

    What programs print is no part of it, nor are files that have no name yet.
    """
    found = hashlib.sha256()
    # By `walk`, since a folder may be taken away by another process, as a file may.
    files = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    for path in sorted(files):
        if path.name in _PRINTED or path.suffix == ".part":
            continue
        with suppress(FileNotFoundError):
            stat = path.lstat()
            found.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _program() -> str:
    program = Path(sys.argv[0])
    return program.parent.name if program.stem == "__main__" else program.stem


def lasting(about: str) -> str:
    """Return how a point shows what is changed: the end of a path, without what differs by run."""
    return "/".join(_CHANGING.sub("*", about).rstrip("/").split("/")[-_SHOWN_PARTS:])
