"""Reads conditions, and writes the outputs of all rounds of a loop into one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.pipeline.spec import LITERAL_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aml_pipelines.pipeline.plan import PlannedNode

_TRUTHS = {"true": True, "false": False}


def truth_of(node: PlannedNode, condition: str | None) -> bool:
    """Return whether a condition is true; raises NodeFailedError when it is no boolean."""
    truth = _TRUTHS.get(str(condition).strip().lower())
    if truth is None:
        raise NodeFailedError(
            f"has the condition {condition!r}, which is neither true nor false: {node.place}"
        )
    return truth


def write_gathered(place: Path, values: Sequence[tuple[str, str]]) -> None:
    """Write values, each with its type, into one output: an MLTable of paths, or a JSON list."""
    if place.is_dir():
        entries = [{"file" if Path(path).is_file() else "folder": path} for _, path in values]
        text = yaml.safe_dump({"type": "mltable", "paths": entries}, sort_keys=False)
        (place / "MLTable").write_text(text, encoding="utf-8")
        return
    place.write_text(json.dumps([_literal(kind, text) for kind, text in values]), encoding="utf-8")


def _literal(kind: str, text: str) -> object:
    if kind not in LITERAL_TYPES or kind == LITERAL_TYPES[0]:
        return text
    if text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    try:
        return json.loads(text)
    except ValueError as error:
        raise NodeFailedError(f"gathers {text!r}, which is no {kind}") from error
