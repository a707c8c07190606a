"""JSON files that are whole at every moment, whoever reads them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_json(file: Path, content: Mapping[str, Any], *, mode: int = 0o666) -> None:
    """Write `content` to `file`, replacing it in one step; the file has `mode`, less the umask."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    part.touch(mode, exist_ok=False)  # before there is content to read
    part.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")
    part.replace(file)


def read_json(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read
