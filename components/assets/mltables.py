"""Read and write MLTable folders: a Delta table at one version, with a card that describes it."""

from __future__ import annotations

import atexit
import json
import re
import tempfile
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import fsspec
import yaml

from conf import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from mltable import MLTable

    from spark_jobs.receipt import Checksum

Loaded = TypeVar("Loaded")
CARD = "asset.json"
# The column in which mltable tells the file of a row, when it is asked to.
FILE = "Path"


class MLTableError(RuntimeError):
    """An MLTable cannot be read, or tables that belong together are of different releases."""


@dataclass(frozen=True)
class Card:
    """The card of an MLTable folder: its data asset, and the version of the table behind it.

    `release` is one label for all tables that one step has published together. `read` is the
    checksum of what mltable read, with all digits; empty where nothing was read.
    """

    name: str
    version: str
    release: str
    table_uri: str
    table_version: int
    rows: int
    content: str
    read: Checksum = field(default_factory=dict)

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.version}"


def write_mltable(folder: str, *, table_uri: str, version: int) -> None:
    """Write the MLTable of a Delta table at `version`; the path in it must be absolute."""
    _write(folder, "MLTable", _definition(table_uri, {"version_as_of": version}))


def _definition(table_uri: str, how: Mapping[str, object]) -> str:
    readable = re.sub("^abfs:", "abfss:", table_uri)  # the only one of the two that mltable knows
    definition = {
        "type": "mltable",
        "paths": [{"folder": readable}],
        "transformations": [{"read_delta_lake": how}],
    }
    return yaml.safe_dump(definition, sort_keys=False)


def write_card(folder: str, card: Card) -> None:
    _write(folder, CARD, json.dumps(asdict(card), indent=2, sort_keys=True))


def _write(folder: str, name: str, text: str) -> None:
    """Write a file of `folder`, which in Azure is a URI that fsspec can only open for reading."""
    with faults.around(name, folder):
        _put(folder, name, text)


def _put(folder: str, name: str, text: str) -> None:
    if not folder.startswith("azureml:"):
        with fsspec.open(f"{folder.rstrip('/')}/{name}", "w", auto_mkdir=True) as file:
            file.write(text)
        return
    _set_up_reader()
    from azureml.fsspec import AzureMachineLearningFileSystem  # noqa: PLC0415 # after its reader

    with tempfile.TemporaryDirectory() as written:
        Path(written, name).write_text(text, encoding="utf-8")
        store = AzureMachineLearningFileSystem(folder)
        store.put(written, folder, recursive=True, overwrite="MERGE_WITH_OVERWRITE")


def read_card(folder: str) -> Card:
    """Read the card of a published MLTable; raise MLTableError for one without."""
    try:
        with fsspec.open(f"{folder.rstrip('/')}/{CARD}", "r") as file:
            return Card(**json.load(file))
    except (OSError, TypeError, json.JSONDecodeError) as error:
        raise MLTableError(
            f"{folder}: has no readable {CARD}; publish the table with publish_mltable: {error}"
        ) from error


def read_release(folders: list[str]) -> list[Card]:
    """Read the cards of tables that are used together; raise MLTableError for a mix of releases."""
    cards = [read_card(folder) for folder in folders]
    if len({card.release for card in cards}) > 1:
        mixed = {card.reference: card.release for card in cards}
        raise MLTableError(
            f"tables of different releases cannot be used together: {mixed}; give the versions "
            "that one publish_mltable has registered together"
        )
    return cards


def read_rows(folder: str) -> pd.DataFrame:
    """Read all rows of an MLTable with the official library, without its telemetry."""
    return _read(folder, lambda: _load(folder).to_pandas_dataframe())


def count_parts(folder: str) -> int:
    """Return of how many partitions mltable makes an MLTable, without reading a row."""
    return _read(folder, lambda: int(_load(folder).get_partition_count()))


class TableFiles:
    """The files of a Delta table at a version, as mltable finds them, each read by itself.

    A file without rows is none. The table must not have a column FILE.
    """

    def __init__(self, table_uri: str, version: int) -> None:
        """Raise MLTableError where mltable cannot read the table or its version."""
        what = f"{table_uri} version {version}"
        how = {"version_as_of": version, "include_path_column": True}
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "MLTable").write_text(_definition(table_uri, how), encoding="utf-8")
            self._table = _read(what, lambda: _load(folder))
            self.parts = _read(what, lambda: int(self._table.get_partition_count()))
            self._numbers = _read(what, self._find_numbers)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._numbers)

    def rows(self, name: str) -> pd.DataFrame:
        """Read the rows of a file; a column that the table got later is missing."""
        part = self._table.select_partitions(self._numbers[name])
        return _read(name, part.to_pandas_dataframe).drop(columns=FILE)

    def _find_numbers(self) -> dict[str, list[int]]:
        """Return the partitions of each file: one, or more of a large file."""
        numbers: dict[str, list[int]] = {}
        for number in range(self.parts):
            part = self._table.select_partitions([number]).keep_columns([FILE])
            for name in part.take(1).to_pandas_dataframe().get(FILE, ()):
                numbers.setdefault(str(name), []).append(number)
        return numbers


def _load(folder: str) -> MLTable:
    _set_up_reader()
    import mltable  # noqa: PLC0415 # after its reader is set up

    return mltable.load(folder)


def _read(what: str, read: Callable[[], Loaded]) -> Loaded:
    try:
        return read()
    except Exception as error:
        raise MLTableError(f"{what}: mltable cannot read it: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """Return the one line of the Rust reader's error that says what is wrong."""
    line = re.search(r"^Error Message: ([^|\n]+)", str(error), re.MULTILINE)
    return line[1].strip() if line else " ".join(str(error).split())


def _set_up_reader() -> None:
    """Set up the Rust reader without its telemetry, before mltable sets it up with it."""
    from azureml.dataprep import rslex  # noqa: PLC0415 # heavy, and only here
    from azureml.dataprep.api import _rslex_executor  # noqa: PLC0415 # no public way

    if not _rslex_executor._rslex_environment_init:  # noqa: SLF001 # no public way
        session = uuid.uuid4().hex
        # True: its mode for sensitive data, which alone keeps it from sending telemetry
        rslex.init_environment(tempfile.mkdtemp(), "", "Error", True, session, session, None)  # noqa: FBT003 # by position alone
        _rslex_executor._rslex_environment_init = True  # noqa: SLF001 # no public way
        atexit.register(rslex.release_environment)
