"""Ask the steps that look at files without writing: what they hold, and what a contract says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from aml_pipelines.execution.jvm.script import run_script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from conf.target import Target


def uri_of(file: Path) -> str:
    """Return the URI pattern of one file, as Spark writes it in the metadata of rows."""
    escaped = re.sub(r"([\\\[\]{}*?])", r"\\\1", str(file))
    return f"file:{escaped}"


def profile_files(
    patterns: Sequence[str],
    source: Mapping[str, object],
    target: Target,
    *,
    dataset: str = "",
    label: str = "",
) -> dict[str, Any]:
    """Return the profile of files, whose format `source` has as a contract does.

    With `dataset`, columns are those of its contract; `label` is part of no key.
    """
    asked = {
        "source": json.dumps(source),
        "dataset": dataset,
        "label": label,
        "files": json.dumps(patterns),
    }
    return run_script("profile_files", asked, target, output="profile")


def judge_files(
    patterns: Sequence[str],
    dataset: str,
    target: Target,
    *,
    contracts: Path,
    source: str,
    rows: int,
    examples: int,
) -> dict[str, Any]:
    """Return the verdicts of a contract in the folder `contracts` on files; 0 `rows` are all."""
    asked = {
        "dataset": dataset,
        "contracts": str(contracts),
        "source": source,
        "files": json.dumps(patterns),
        "rows": str(rows),
        "examples": str(examples),
    }
    return run_script("try_file", asked, target, output="verdicts")
