"""Takes the newest commits of a Delta table back that a machine has not brought to the disk."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PARQUET = b"PAR1"


def mend_table(table: Path, since_ns: int) -> str:
    """Remove each commit from the first one on that is not whole; return a line on it, or nothing.

    Only commits and checkpoints that are as new as `since_ns` are looked at.
    """
    log = table / "_delta_log"
    commits = {int(file.stem): file for file in log.glob("*.json") if file.stem.isdigit()}
    recent = [version for version in commits if _is_since(commits[version], since_ns)]
    checkpoints = {
        file: int(file.name.partition(".")[0])
        for file in log.glob("*.checkpoint*.parquet")
        if file.name[:1].isdigit()
    }
    torn = {file for file in checkpoints if _is_since(file, since_ns) and not _is_parquet(file)}
    reached = max((v for file, v in checkpoints.items() if file not in torn), default=-1)
    # A commit without the one before it is of no use either.
    known = {*commits, *range(reached + 1)}
    lost = {version - 1 for version in recent if version and version - 1 not in known}
    broken = [version for version in recent if not _is_whole(table, commits[version])]
    first = min([*lost, *broken], default=None)
    while first and first - 1 not in known:
        first -= 1
    if first is not None:
        torn |= {file for file, version in checkpoints.items() if version >= first}
    for file in torn:
        file.unlink()
    _forget_checkpoint(log / "_last_checkpoint", {checkpoints[file] for file in torn})
    if first is None:
        return ""
    gone = sorted((version for version in commits if version >= first), reverse=True)
    for version in gone:  # the newest first: a table is a whole one at each moment
        commits[version].unlink()
    if not first and not commits.keys() - set(gone):
        shutil.rmtree(log)  # an empty log is no table, but looks like one
    left = f"is back at version {first - 1}" if first else "is not there yet"
    return f"{table} {left}: version {first} had not reached the disk when the machine stopped"


def commit_lines(commit: Path) -> list[str]:
    """Return the lines of a commit, each an action; raises ValueError for one that is no text."""
    # By one character: the texts in a line may have others at which Python ends it.
    return commit.read_text("utf-8").strip("\n").split("\n")


def _is_since(file: Path, since_ns: int) -> bool:
    return file.stat().st_mtime_ns >= since_ns


def _is_whole(table: Path, commit: Path) -> bool:
    try:
        actions = [json.loads(line) for line in commit_lines(commit)]
    except ValueError:
        return False
    if not any("commitInfo" in action for action in actions):
        return False
    return all(_is_there(table, action["add"]) for action in actions if "add" in action)


def _is_there(table: Path, added: Mapping[str, Any]) -> bool:
    file = table / unquote(added["path"])
    return file.is_file() and file.stat().st_size == added["size"] and _is_parquet(file)


def _is_parquet(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(0, 2)
        if opened.tell() < len(_PARQUET):
            return False
        opened.seek(-len(_PARQUET), 2)
        return opened.read() == _PARQUET


def _forget_checkpoint(pointer: Path, gone: set[int]) -> None:
    """Remove the name of the newest checkpoint if it is one of these, or cannot be read."""
    if not pointer.is_file():
        return
    try:
        named = json.loads(pointer.read_text("utf-8"))["version"]
    except (ValueError, KeyError, TypeError):
        named = None
    if named is None or named in gone:
        pointer.unlink()
