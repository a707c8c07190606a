"""`versions`: write every image's version, a hash of its content, wherever it is named.

A changed image gets a version that no other image has had; one that is changed back gets its
earlier version, which is built already. Descriptions and tags are not part of the hash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.azure.images import image_files, image_version
from aml_pipelines.azure.render import read_job
from aml_pipelines.console import say
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from pathlib import Path

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


def restated(root: Path) -> dict[Path, str]:
    """Map each file that names another version of an image to its text with the right one."""
    documents = {file: read_job(file) for file in image_files(root)}
    versions = {str(read["name"]): image_version(read, at.parent) for at, read in documents.items()}
    changed = {}
    for file in _naming(root):
        text = file.read_text(encoding="utf-8")
        new = _NAMED.sub(lambda named: _renamed(named, versions), text)
        if file in documents:
            new = _OWN.sub(f'version: "{versions[str(documents[file]["name"])]}"', text)
        if new != text:
            changed[file] = new
    return changed


def _naming(root: Path) -> Iterator[Path]:
    for room in ("environments", "components", "aml_pipelines"):
        yield from sorted((root / room).rglob("*.yml"))


def _renamed(named: re.Match[str], versions: Mapping[str, str]) -> str:
    version = versions.get(named[2])
    return f"{named[1]}{named[2]}:{version}" if version else named[0]
