"""The settings of a script that runs over mini-batches, as a JSON file carries them to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IGNORE_ERRORS = -1


@dataclass(frozen=True)
class Settings:
    """What runs over what: `script` is relative to `code`, the folder in which it runs.

    A mini-batch has `mini_batch_size` files, or about as many bytes of a table's rows. With
    `partition_keys` it has all items that are equal in these columns. `max_retries` counts the
    attempts after the first, and each may take `timeout` seconds. What `is_debugged` runs in the
    driver's own process, which has the terminal.
    """

    code: str
    script: str
    mini_batch_size: int
    workers: int = 1
    arguments: Sequence[str] = ()
    partition_keys: Sequence[str] = ()
    is_table: bool = False
    dataset: str = ""
    error_threshold: int = IGNORE_ERRORS
    mini_batch_error_threshold: int = IGNORE_ERRORS
    max_retries: int = 2
    timeout: float = 60.0
    logging_level: str = "INFO"
    is_debugged: bool = False


def read_settings(file: Path) -> Settings:
    return Settings(**json.loads(file.read_text(encoding="utf-8")))
