"""Calls a script's init(), run() and shutdown(), in the process that is the script's own."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import sys
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection

    from .batches import MiniBatch
    from .settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_WITH_CONTEXT = 2  # parameters of run(mini_batch, mini_batch_context)


@dataclass(frozen=True)
class MiniBatchContext:
    """What a run() of two parameters is told of its mini-batch, by Azure ML's names."""

    minibatch_index: int
    dataset_name: str
    partition_key_value: Mapping[str, object]


def work(parent: Connection, settings: Settings) -> None:
    """Answer each mini-batch that comes from `parent`; what comes in its place ends the work."""
    try:
        script = begun(settings)
    except Exception:  # noqa: BLE001 # the parent says what it is
        parent.send((f"init() failed: {traceback.format_exc()}",))
        return
    parent.send(("",))
    while (batch := parent.recv()) is not None:
        parent.send(_tried(partial(answer_of, script, batch, settings)))
    parent.send(_tried(partial(shut_down, script)))


def _tried(call: Callable[[], tuple[object, ...]]) -> tuple[object, ...]:
    try:
        return ("", *call())
    except Exception:  # noqa: BLE001 # the parent says what it is
        return (traceback.format_exc(),)


def begun(settings: Settings) -> Any:  # noqa: ANN401 # a module, whatever it holds
    """Return the script's module after its init(), in whose folder this process then is."""
    code = Path(settings.code).resolve()
    file = code / settings.script
    sys.argv = [str(file), *settings.arguments]
    sys.path[:0] = [str(file.parent), str(code)]
    os.chdir(code)
    logging.basicConfig(level=settings.logging_level, format=LOG_FORMAT)
    script = importlib.import_module(file.stem)
    getattr(script, "init", _nothing)()
    return script


def answer_of(script: Any, batch: MiniBatch, settings: Settings) -> tuple[int, str, list[str]]:  # noqa: ANN401 # same
    """Return how many items run() returned, and the header and lines of them."""
    has_context = len(inspect.signature(script.run).parameters) >= _WITH_CONTEXT
    context = MiniBatchContext(batch.number, settings.dataset, dict(batch.key))
    answer = script.run(batch.items, context) if has_context else script.run(batch.items)
    if isinstance(answer, str) or not hasattr(answer, "__len__"):
        raise TypeError(
            f"run() returned {type(answer).__name__}; it is to return a list or a pandas DataFrame"
        )
    return len(answer), *lines_of(answer, settings.arguments)


def shut_down(script: Any) -> tuple[object, ...]:  # noqa: ANN401 # same
    """Call the script's shutdown(), if it has one."""
    getattr(script, "shutdown", _nothing)()
    return ()


def _nothing() -> None:
    """Stand for a function that the script does not have."""
