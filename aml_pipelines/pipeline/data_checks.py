"""Checks of data on this machine: whether it is of its type, and whether an MLTable's paths are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.mltable_file import MLTABLE, named_paths, read_mltable
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class UnknownReferenceError(UserError):
    """A data reference that has no meaning where the pipeline is to run."""


def unlike(kind: str, path: Path) -> str:
    """Return why the data at `path` is not of the type `kind`; empty when it is."""
    if not path.exists():
        return "does not exist"
    if kind == "uri_file" and not path.is_file():
        return "is a folder, not a uri_file"
    if kind == "uri_folder" and not path.is_dir():
        return "is a file, not a uri_folder"
    if kind == "mltable" and not (path / MLTABLE).is_file():
        return f"holds no file named {MLTABLE}"
    return ""


def check_table(folder: Path, here: Callable[[str], str]) -> None:
    """Resolve the paths of an MLTable that are no local ones; `here` raises for an unknown one."""
    for path in named_paths(read_mltable(folder)):
        if not path.is_local:
            here(path.text)
