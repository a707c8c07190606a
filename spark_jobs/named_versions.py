"""The versions of tables that something in the lake still reads: MLTables, and states of steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from spark_jobs.fingerprint import parse_version
from spark_jobs.storage import StorageError, list_below, list_folders, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import SparkSession

MLTABLE, STATES = "MLTable", "done"
# Of tables and raw files, and of what a workspace on this machine keeps beside them: its own
# MLTables are told (`more`).
_WITHOUT_MLTABLES = {
    *("raw", "bronze", "silver", "quarantine", "gold", "batches"),
    *("runs", "registry", "mlflow", "jobs"),
}


@dataclass(frozen=True)
class NamedVersions:
    """Versions by the id of a table, and by the place of one that an MLTable states.

    A version of None is all of them: the MLTable states a moment.
    """

    by_id: frozenset[tuple[str, int]]
    by_place: frozenset[tuple[str, int | None]]

    def of(self, table_id: str, path: str) -> set[int | None]:
        """Return the versions named of the table with an id, at a path below the lake."""
        placed = {v for place, v in self.by_place if f"/{place}".endswith(f"/{path}")}
        return placed | {version for named, version in self.by_id if named == table_id}


def named_versions(spark: SparkSession, lake_uri: str, more: Iterable[str] = ()) -> NamedVersions:
    """Read what MLTables and the states of steps name, those of the lake and `more` MLTables.

    Raises StorageError for one that cannot be read.
    """
    lake = lake_uri.rstrip("/")
    by_id: set[tuple[str, int]] = set()
    mltables = {*more}
    for folder in set(list_folders(spark, lake)) - _WITHOUT_MLTABLES:
        for file in list_below(spark, f"{lake}/{folder}"):
            if folder == STATES and file.name.endswith(".json"):
                by_id |= set(_versions_in(_parsed(spark, file.uri)))
            elif file.name == MLTABLE:
                mltables.add(file.uri)
    by_place = {named for uri in mltables for named in _places_in(_parsed(spark, uri))}
    return NamedVersions(frozenset(by_id), frozenset(by_place))


def _parsed(spark: SparkSession, uri: str) -> Any:  # noqa: ANN401 # JSON, or YAML
    text = read_text(spark, uri)
    try:
        return json.loads(text) if uri.endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise StorageError(
            f"{uri}: cannot be read, and may name versions of tables: {error}; mend or remove it"
        ) from error


def _versions_in(told: Any) -> Iterator[tuple[str, int]]:  # noqa: ANN401 # JSON
    """Yield the tables' ids and versions in a state: of receipts, and of facts such as ID@7#C."""
    if isinstance(told, str) and "@" in told:
        try:
            table, version, _ = parse_version(told)
        except ValueError:
            return
        yield table, version
    elif isinstance(told, list):
        for each in told:
            yield from _versions_in(each)
    elif isinstance(told, dict):
        if isinstance(told.get("id"), str) and isinstance(told.get("version"), int):
            yield told["id"], told["version"]
        for each in told.values():
            yield from _versions_in(each)


def _places_in(told: Any) -> Iterator[tuple[str, int | None]]:  # noqa: ANN401 # YAML
    """Yield the places of the Delta tables that an MLTable reads, each with the version."""
    if not isinstance(told, dict):
        return
    reads = [
        step["read_delta_lake"] or {}
        for step in told.get("transformations") or []
        if isinstance(step, dict) and "read_delta_lake" in step
    ]
    places = [str(place) for path in told.get("paths") or [] for place in dict(path).values()]
    for options in reads:
        version = options.get("version_as_of")
        yield from ((place.rstrip("/"), version) for place in places)
