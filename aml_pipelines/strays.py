"""Ends what a node has left running in a session of its own, which the end of its group spares.

In Azure the node's container ends with the node, and all that is in it.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Together they name one node of one lake; whatever the node starts inherits them.
_NAMES = ("AZUREML_RUN_ID", "MLFLOW_TRACKING_URI")
# For processes that start others while they are ended.
_ROUNDS, _PAUSE_SECONDS = 100, 0.01


def end_strays(environment: Mapping[str, str], since: float) -> None:
    """Kill the processes that a node has left; it had `environment`, and began at `since`.

    What has cleared its environment is not found.
    """
    names = {name: environment[name] for name in _NAMES if name in environment}
    if len(names) < len(_NAMES):
        return
    for _ in range(_ROUNDS):
        strays = list(_processes_with(names, since))
        if not strays:
            return
        for stray in strays:
            with suppress(psutil.NoSuchProcess):
                stray.kill()
        time.sleep(_PAUSE_SECONDS)


def _processes_with(names: Mapping[str, str], since: float) -> Iterator[psutil.Process]:
    ours = os.getuid()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            # Times of starts are rounded.
            if process.create_time() < since - 1 or process.uids().real != ours:
                continue
            if names.items() <= process.environ().items():
                yield process
