"""Versions of images: a hash of their content, so that equal content is built once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aml_pipelines.azure.render import Document, to_yaml
from aml_pipelines.hashing import content_hash
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

# What describes an image without changing it.
_TOLD = ("$schema", "name", "version", "description", "tags")
_DIGITS = 12


def image_version(document: Document, folder: Path) -> str:
    """Return the first twelve digits of a hash of what an image in `folder` is built from."""
    made_of = {key: value for key, value in document.items() if key not in _TOLD}
    named = [document.get("conda_file"), (document.get("build") or {}).get("path")]
    contents = [content_hash(folder / str(name)) for name in named if name]
    return hashlib.sha256("\n".join([to_yaml(made_of), *contents]).encode()).hexdigest()[:_DIGITS]


def image_files(root: Path) -> list[Path]:
    return sorted((root / "environments").glob("*/environment.yml"))


def require_version(document: Document, file: Path) -> str:
    """Return the version of an image; raise UserError if its file has another one."""
    version, named = image_version(document, file.parent), str(document.get("version"))
    if named != version:
        raise UserError(
            f"{file}: version {named!r} is not that of its content, {version!r}: "
            "python -m aml_pipelines versions writes it, here and where it is named"
        )
    return version
