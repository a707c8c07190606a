"""Finds the addresses elsewhere that a job file names, in its components and MLTables too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.addresses import is_elsewhere
from aml_pipelines.pipeline.mltable_file import MLTABLE
from aml_pipelines.pipeline.references import local_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The keys under which job files, data assets and MLTables name data.
_DATA = ("path", "file", "folder", "pattern")


def addresses_named_in(file: Path) -> list[str]:
    """Return the addresses elsewhere that `file` names, each once; raises PipelineError."""
    return list(dict.fromkeys(_addresses(file.resolve(), set())))


def _addresses(file: Path, seen: set[Path]) -> Iterator[str]:
    if file in seen:
        return
    seen.add(file)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PipelineError(f"{file}: cannot be read: {' '.join(str(error).split())}") from error
    for key, value in _entries(content):
        if key in _DATA and is_elsewhere(value):
            yield value
            continue
        local = file.parent / (local_path(value) or file.name)
        if key == "component" and local.is_file():
            yield from _addresses(local, seen)
        elif key == "path" and (local / MLTABLE).is_file():
            yield from _addresses(local / MLTABLE, seen)


def _entries(content: object) -> Iterator[tuple[str, str]]:
    """Yield every key that has a text, at any depth."""
    items = content.items() if isinstance(content, dict) else ()
    for key, value in items:
        if isinstance(value, str):
            yield str(key), value
        else:
            yield from _entries(value)
    for value in content if isinstance(content, list) else ():
        yield from _entries(value)
