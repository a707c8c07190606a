"""How a parallel component splits its input, and what may fail, as its YAML states it."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.yaml_lines import Fields

RETRIES = ("timeout", "max_retries")
# Azure's driver of mini-batches imports them; ours, which runs in its place, does not.
DRIVER_PACKAGES = ("azureml-core", "azureml-dataset-runtime", "azureml-defaults", "fusepy")
# Fields that a job may state in place of its component, beside resources.
SPLITTING = (
    *("mini_batch_size", "partition_keys", "input_data", "retry_settings", "logging_level"),
    *("max_concurrency_per_instance", "error_threshold", "mini_batch_error_threshold"),
)
_SIZE = re.compile(r"(\d+)\s*([kmg]b)?", re.IGNORECASE)
_UNITS = {"kb": 2**10, "mb": 2**20, "gb": 2**30}
_LEVELS = ("DEBUG", "INFO", "WARNING", "WARN")
FILES, BYTES = 10, 2**20  # of a mini-batch whose size nobody states, as in Azure


@dataclass(frozen=True)
class Splitting:
    """How an input becomes mini-batches, and how many of them may fail; -1 is any number.

    `size` counts files, or the bytes of a table; None stands for Azure's default of either.
    `has_unit` is true for a size such as 10kb, which only a table can have.
    """

    input_data: str = ""
    size: int | None = None
    has_unit: bool = False
    partition_keys: tuple[str, ...] = ()
    concurrency: int = 1
    instances: int = 1
    error_threshold: int = -1
    mini_batch_error_threshold: int = -1
    max_retries: int = 2
    timeout: float = 60.0
    logging_level: str = "INFO"

    @property
    def workers(self) -> int:
        """The processes that this machine has in place of all instances."""
        return self.concurrency * self.instances


def read_splitting(fields: Fields, stated: Splitting) -> Splitting:
    """Return `stated` with all that `fields` state in its place; report what is wrong with it."""
    found: dict[str, object] = {}
    if fields.text("input_data"):
        found["input_data"] = fields.text("input_data")
    if fields.text("mini_batch_size"):
        found |= _size(fields)
    if "partition_keys" in fields.entries:
        found["partition_keys"] = _keys(fields)
    if fields.text("logging_level"):
        found["logging_level"] = _level(fields)
    found |= _numbers(fields)
    return dataclasses.replace(stated, **found)  # type: ignore[arg-type]  # each read as its type


def _numbers(fields: Fields) -> dict[str, object]:
    retries, resources = fields.mapping("retry_settings"), fields.mapping("resources")
    retries.only(RETRIES, "retry_settings")
    read = {
        "concurrency": fields.whole("max_concurrency_per_instance", minimum=1),
        "instances": resources.whole("instance_count", minimum=1),
        "error_threshold": fields.whole("error_threshold", minimum=-1),
        "mini_batch_error_threshold": fields.whole("mini_batch_error_threshold", minimum=-1),
        "max_retries": retries.whole("max_retries", minimum=0),
        "timeout": retries.whole("timeout", minimum=1),
    }
    return {name: value for name, value in read.items() if value is not None}


def _size(fields: Fields) -> Mapping[str, object]:
    text = fields.text("mini_batch_size")
    match = _SIZE.fullmatch(text)
    # Azure's client refuses a number that is not in quotes.
    is_text = fields.entries["mini_batch_size"].kind == "text"
    if not match or not int(match[1]) or not is_text:
        fields.problems.add(
            fields.place_of("mini_batch_size"),
            f"mini_batch_size is {text if not is_text else repr(text)}; it is a text: a number of "
            "files such as '10', or a size such as '10kb' or '1mb'",
        )
        return {}
    unit = (match[2] or "").lower()
    return {"size": int(match[1]) * _UNITS.get(unit, 1), "has_unit": bool(unit)}


def _keys(fields: Fields) -> tuple[str, ...]:
    # A registered component has them as JSON in a text.
    if fields.entries["partition_keys"].kind == "text":
        return tuple(cast("list[str]", json.loads(fields.text("partition_keys"))))
    return fields.texts("partition_keys")


def _level(fields: Fields) -> str:
    level = fields.text("logging_level").upper()
    is_known = fields.check_word("logging_level", level, _LEVELS, f"logging_level is {level!r}")
    return level if is_known else "INFO"
