"""`versions`: give every image the version of its content, wherever that version is named.

An image that changes gets a version that nobody has given to another one, and one that is changed
back has the version before, which is built already. Descriptions and tags are not of the image.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from aml_pipelines.azure.render import Document, read_job, to_yaml
from aml_pipelines.console import say
from aml_pipelines.hashing import content_hash
from conf.errors import UserError
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TOLD = ("$schema", "name", "version", "description", "tags")
_DIGITS = 12
_OWN = re.compile(r"^version: .*$", re.MULTILINE)
_NAMED = re.compile(r"^(\s*environment: azureml:)([\w.-]+):[\w.-]+", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and stop")


def main(arguments: argparse.Namespace) -> int:
    changes = restated(REPOSITORY)
    for file, text in changes.items():
        say(str(file.relative_to(REPOSITORY)))
        if not arguments.dry_run:
            file.write_text(text, encoding="utf-8")
    say(f"files that name a version of before: {len(changes)}")
    return 0


def image_version(document: Document, folder: Path) -> str:
    """Hash what an image is made of, as `folder` has it: the first twelve digits."""
    made_of = {key: value for key, value in document.items() if key not in _TOLD}
    named = [document.get("conda_file"), (document.get("build") or {}).get("path")]
    contents = [content_hash(folder / str(name)) for name in named if name]
    return hashlib.sha256("\n".join([to_yaml(made_of), *contents]).encode()).hexdigest()[:_DIGITS]


def image_files(root: Path) -> list[Path]:
    return sorted((root / "environments").glob("*/environment.yml"))


def require_version(document: Document, file: Path) -> str:
    """Give the version of an image; raise UserError when it states another one."""
    version, stated = image_version(document, file.parent), str(document.get("version"))
    if stated != version:
        raise UserError(
            f"{file}: version {stated!r} is not that of its content, {version!r}: "
            "python -m aml_pipelines versions writes it, here and where it is named"
        )
    return version


def restated(root: Path) -> dict[Path, str]:
    """Map each file below `root` that names another version of an image to its text with it."""
    stated = {file: read_job(file) for file in image_files(root)}
    versions = {str(read["name"]): image_version(read, at.parent) for at, read in stated.items()}
    changed = {}
    for file in _naming(root):
        text = file.read_text(encoding="utf-8")
        new = _NAMED.sub(lambda named: _renamed(named, versions), text)
        if file in stated:
            new = _OWN.sub(f'version: "{versions[str(stated[file]["name"])]}"', text)
        if new != text:
            changed[file] = new
    return changed


def _naming(root: Path) -> Iterator[Path]:
    for room in ("environments", "components", "aml_pipelines"):
        yield from sorted((root / room).rglob("*.yml"))


def _renamed(named: re.Match[str], versions: Mapping[str, str]) -> str:
    version = versions.get(named[2])
    return f"{named[1]}{named[2]}:{version}" if version else named[0]
