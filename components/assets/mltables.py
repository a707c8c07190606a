"""Read and write MLTable folders: a Delta table at one version, with a card that describes it."""

from __future__ import annotations

import atexit
import json
import re
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import yaml

from conf import faults

if TYPE_CHECKING:
    import pandas as pd

CARD = "asset.json"


class MLTableError(RuntimeError):
    """An MLTable cannot be read, or tables that belong together are of different releases."""


@dataclass(frozen=True)
class Card:
    """The card of an MLTable folder: its data asset, and the version of the table behind it.

    `release` is one label for all tables that one step has published together.
    """

    name: str
    version: str
    release: str
    table_uri: str
    table_version: int
    rows: int
    content: str

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.version}"


def write_mltable(folder: str, *, table_uri: str, version: int) -> None:
    """Write the MLTable of a Delta table at `version`; the path in it must be absolute."""
    readable = re.sub("^abfs:", "abfss:", table_uri)  # the only one of the two that mltable knows
    definition = {
        "type": "mltable",
        "paths": [{"folder": readable}],
        "transformations": [{"read_delta_lake": {"version_as_of": version}}],
    }
    _write(folder, "MLTable", yaml.safe_dump(definition, sort_keys=False))


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
    _set_up_reader()
    import mltable  # noqa: PLC0415 # after its reader is set up

    try:
        return mltable.load(folder).to_pandas_dataframe()
    except Exception as error:
        raise MLTableError(f"{folder}: mltable cannot read it: {_cause(error)}") from error


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
