"""Which components have this repository's own code: what is known of it need not be asked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.read_component import read_snapshot
from aml_pipelines.pipeline.snapshot import snapshot_files, snapshot_hash
from aml_pipelines.pipeline.yaml_lines import read_fields
from aml_pipelines.repository import COMPONENTS

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.pipeline.spec import Component


def is_own_code(component: Component) -> bool:
    """Return whether the code is that of a component of this repository, wherever it is now."""
    if component.place.file.is_relative_to(COMPONENTS):
        return True
    return snapshot_hash(snapshot_files(component.snapshot)) in _snapshots(COMPONENTS)


# The same few components are asked for by every node of every plan.
@cache
def _snapshots(components: Path) -> frozenset[str]:
    specs = [read_fields(file, Problems()) for file in components.glob("*/component.yml")]
    return frozenset(snapshot_hash(snapshot_files(read_snapshot(spec))) for spec in specs)
