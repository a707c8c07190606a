"""Reads lines of pip's requirements, as files and conda's `pip:` have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.environments.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COMMENT = re.compile(r"(^|\s)#.*$")
_FILE = re.compile(r"(?:-r|--requirement)[\s=]*(?P<file>\S+)")
# Hashes and per-requirement options say how to install, not what.
_AFTER = re.compile(r"\s+--\w[\w-]*=.*$")


def read_requirements(lines: Iterable[str], folder: Path | None) -> Asked:
    """Return what `lines` ask for; `-r FILE` is read from `folder`, where there is one.

    Raises PipelineError for a file that cannot be read.
    """
    asked = Asked()
    for raw in "\n".join(lines).replace("\\\n", " ").splitlines():
        line = _COMMENT.sub("", raw).strip()
        if not line:
            continue
        if match := _FILE.fullmatch(line):
            asked += _of_file(match["file"], folder)
        elif line.startswith("-"):
            asked += Asked(options=(line,))
        else:
            asked += _package(_AFTER.sub("", line))
    return asked


def _of_file(name: str, folder: Path | None) -> Asked:
    if folder is None:
        return Asked(unread=(f"-r {name}",))
    file = folder / name
    try:
        return read_requirements(file.read_text(encoding="utf-8").splitlines(), file.parent)
    except OSError as error:
        raise PipelineError(f"{file}: cannot be read: {error.strerror}") from error


def _package(line: str) -> Asked:
    try:
        return Asked(packages=(Requirement(line),))
    except InvalidRequirement:
        # A path, or a URL without a name: only an installer can say what it is.
        return Asked(unread=(line,))
