"""Data transfer on this machine: files are copied by the executor itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.process import Ran
from aml_pipelines.pipeline.kinds.data_transfer import FAIL, transfer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Copy the files of all inputs to the output, those of a later input over an earlier one's."""
    ((name, to),) = data.outputs.items()
    _refuse_remote([*data.inputs.values(), to])
    is_file = node.outputs[name].type == "uri_file"
    copies: dict[Path, Path] = {}
    for path in data.inputs.values():
        found = dict(_copies(Path(str(path)), Path(to), is_file=is_file))
        if not transfer_of(node.component).overwrites:
            _refuse_conflicts(found, copies)
        copies |= found
    for target, source in copies.items():
        if context.processes.is_ending:
            raise NodeFailedError("was ended: the run was cancelled")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    place.log.write_text(f"copied {len(copies)} files to {to}\n", encoding="utf-8")
    return Ran()


def _copies(source: Path, to: Path, *, is_file: bool) -> Iterator[tuple[Path, Path]]:
    """Yield the files that an input has, each after the place that it is copied to."""
    if is_file and source.is_dir():
        raise NodeFailedError(f"copies the folder {source} to the file {to}; take a 'uri_folder'")
    if is_file or source.is_file():
        yield (to if is_file else to / source.name), source
        return
    for file in sorted(source.rglob("*")):
        if file.is_file():
            yield to / file.relative_to(source), file


def _refuse_conflicts(found: Mapping[Path, Path], earlier: Mapping[Path, Path]) -> None:
    conflicts = [target for target in found if target in earlier or target.exists()]
    if conflicts:
        raise NodeFailedError(
            f"copies {found[conflicts[0]]} to {conflicts[0]}, where there is a file already, "
            f"with data_copy_mode {FAIL}; nothing was copied"
        )


def _refuse_remote(paths: list[str | None]) -> None:
    remote = [path for path in paths if "://" in str(path)]
    if remote:
        raise NodeFailedError(
            f"copies {remote} in mode 'direct' in a served lake, which is no path here; "
            "give it another mode"
        )


def await_resources(_: RunContext) -> None:
    """Return at once: a copy asks nothing of the workspace."""
