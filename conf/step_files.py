"""The small files that a command step leaves in its outputs."""

from __future__ import annotations

from pathlib import Path

from conf import faults


def write_step_file(folder: str | Path, name: str, text: str) -> None:
    """Write a text file into the folder of an output, in place of what was there."""
    file = Path(folder, name)
    with faults.around("step file", str(file)):
        file.write_text(text, encoding="utf-8")
