"""Open the lake of a target on this machine: a folder, or an account that Azurite serves."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.execution.durability import mend_after_restart
from aml_pipelines.execution.record import now
from aml_pipelines.locks import exclusive
from aml_pipelines.pipeline.lake import FolderLake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aml_pipelines.pipeline.lake import OpenLake
    from conf.target import Target


@contextmanager
def open_lake(target: Target) -> Iterator[OpenLake]:
    """Open the lake of a local target while the block runs; the caller holds its state's lock.

    A folder is mended first if the machine has stopped in between.
    """
    if target.has_folder:
        for line in mend_after_restart(Path(target.lake), Path(target.state)):
            say(line)
        yield FolderLake(Path(target.lake))
        return
    # What serves a lake takes a tenth of a second to import, which a folder should not pay.
    from aml_pipelines.azurite.lake import serving_lake  # noqa: PLC0415

    with serving_lake(target.lake, Path(target.state)) as lake:
        yield lake


@contextmanager
def alone_with_lake(
    target: Target, doing: str, *, tell: Callable[[str], object] = say
) -> Iterator[None]:
    """Hold the state of a target alone, for a verb that changes tables or files in its lake.

    A folder is mended first, as `open_lake` does it; `tell` is told what was mended.
    """
    with exclusive(Path(target.state), {"pipelines": doing, "started": now()}):
        if target.has_folder:
            for line in mend_after_restart(Path(target.lake), Path(target.state)):
                tell(line)
        yield


@contextmanager
def hold_lake(target: Target, verb: str) -> Iterator[OpenLake]:
    """Open the lake of a local target for a verb that only adds files to it.

    A served lake is locked while it is open. A folder needs no lock: each file is written whole.
    """
    if target.has_folder:
        yield FolderLake(Path(target.lake))
        return
    from aml_pipelines.azurite.lake import holding_lake  # noqa: PLC0415 # same

    with holding_lake(target.lake, Path(target.state), verb) as lake:
        yield lake
