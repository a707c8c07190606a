"""The code that a node runs: its files, their hash, and a copy to run in."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aml_pipelines.pipeline.spec import Snapshot

# Left out of every snapshot: each import or commit would make another one of equal code.
_NEVER = ("__pycache__/", "*.pyc", ".git/")


def snapshot_files(snapshot: Snapshot) -> dict[str, Path]:
    """Map the path of each file in a snapshot to the file that it is copied from.

    As in Azure, .amlignore, or else .gitignore, counts in the root of what is taken only.
    """
    files: dict[str, Path] = {}
    if snapshot.code and snapshot.code.is_file():
        files[snapshot.code.name] = snapshot.code
    elif snapshot.code:
        files.update(_kept(snapshot.code))
    for include in snapshot.includes:
        if include.is_file():
            files[include.name] = include
        else:
            kept = _kept(include).items()
            files.update({f"{include.name}/{path}": file for path, file in kept})
    # Sorted: the order in which a file system lists a folder must not change the hash.
    return dict(sorted(files.items()))


def _kept(folder: Path) -> dict[str, Path]:
    import pathspec  # noqa: PLC0415 # a tenth of what `plan` takes, which never comes here

    ignored = pathspec.GitIgnoreSpec.from_lines([*_NEVER, *_ignore_lines(folder)])
    kept = {}
    for root, folders, names in os.walk(folder):
        inside = Path(root).relative_to(folder)
        # In place: os.walk then leaves ignored folders out, which may hold a virtual environment.
        folders[:] = [name for name in folders if not ignored.match_file(f"{inside / name}/")]
        for name in names:
            if not ignored.match_file(str(inside / name)):
                kept[str(inside / name)] = Path(root, name)
    return kept


def _ignore_lines(folder: Path) -> list[str]:
    for name in (".amlignore", ".gitignore"):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8").splitlines()
    return []


def snapshot_hash(files: dict[str, Path]) -> str:
    """Return a hash of names and contents; times and places of files do not count."""
    hashed = hashlib.sha256()
    for path, file in files.items():
        hashed.update(f"{path}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return hashed.hexdigest()


def stage(files: dict[str, Path], folder: Path) -> None:
    """Copy the files into `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, file in files.items():
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        # No link: a script that writes beside itself must not change the repository.
        shutil.copy(file, copy)
