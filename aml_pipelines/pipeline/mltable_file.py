"""Reads the paths that an MLTable file names, and finds their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.pipeline.references import LocalPath, parse
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MLTABLE = "MLTable"
_KINDS = ("file", "folder", "pattern")


class MLTableFileError(UserError):
    """An MLTable file that cannot be read."""


@dataclass(frozen=True)
class NamedPath:
    """An entry of `paths`: whether it is a file, a folder or a pattern, and its text."""

    kind: str
    text: str

    @property
    def is_local(self) -> bool:
        return isinstance(parse(self.text), LocalPath)

    @property
    def local(self) -> str:
        """The path on this machine, which may be relative to the MLTable's folder."""
        return str(parse(self.text))


def read_mltable(folder: Path) -> dict[str, object]:
    """Return what the file `MLTable` in `folder` says; raises MLTableFileError."""
    file = folder / MLTABLE
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise MLTableFileError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise MLTableFileError(f"{file} holds no mapping; it begins with 'paths:'")
    return content


def named_paths(content: dict[str, object]) -> list[NamedPath]:
    """Return the entries of `paths` of an MLTable file."""
    return [
        NamedPath(kind, str(entry[kind]))
        for entry in _entries(content)
        for kind in _KINDS
        if kind in entry
    ]


def with_paths(
    content: dict[str, object], changed: Callable[[NamedPath], str]
) -> dict[str, object]:
    """Return an MLTable file with other texts for its paths."""
    new = [
        {k: changed(NamedPath(k, str(v))) if k in _KINDS else v for k, v in entry.items()}
        for entry in _entries(content)
    ]
    return {**content, "paths": new}


def _entries(content: dict[str, object]) -> list[dict[str, object]]:
    paths = content.get("paths")
    return [entry for entry in paths if isinstance(entry, dict)] if isinstance(paths, list) else []


def files_of(path: NamedPath, folder: Path) -> Iterator[Path]:
    """Yield the files that an entry whose text is a local path names, in order of their names."""
    place = folder / path.local
    if path.kind == "file":
        yield place
    elif path.kind == "folder":
        yield from sorted(file for file in place.rglob("*") if file.is_file())
    else:
        root = Path(place.anchor)
        pattern = str(place.relative_to(root))
        yield from sorted(file for file in root.glob(pattern) if file.is_file())
