"""What each thing of a lake was made from, and what was made of it."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.files import read_json
from aml_pipelines.lineage.registered import registered_data, registered_models
from aml_pipelines.lineage.run_index import RunIndex
from aml_pipelines.lineage.table_logs import table_logs
from aml_pipelines.lineage.things import Made, Thing, ThingKind, file_of, table_of
from aml_pipelines.pipeline.references import DatastorePath, LocalPath, parse
from aml_pipelines.workspace.state import StateFolder
from conf.columns import INGESTION_ID, SOURCE_FILE
from conf.dataset_learning import SPLITS
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.lineage.table_logs import TableLog
    from conf.target import Target

_VERSION = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@(\d+)")
_NAMED = re.compile(r"(.+):([^:]+)")
_WITHDRAW = "withdraw"


class Lineage:
    """All that the logs, records, assets and models of a lake say of where things come from."""

    def __init__(self, lake: Path, state: Path) -> None:
        self.lake = lake
        self.tables = {log.name: log for log in table_logs(lake)}
        self._state = state
        self._data = dict(registered_data(state))
        self._models = dict(registered_models(state))

    def sources(self, thing: Thing) -> list[Thing]:
        """Return what a thing was made from."""
        if is_bronze(thing):
            return [*self._from.get(thing, []), *map(file_of, self._files_in[thing])]
        return self._from.get(thing, [])

    def results(self, thing: Thing) -> list[Thing]:
        """Return what was made of a thing, and of what was made of it, nearest first."""
        found: dict[Thing, None] = {}
        nearest = self._bronze_with(thing) if thing.kind == ThingKind.FILE else self._into[thing]
        while nearest:
            found |= dict.fromkeys(nearest)
            further = dict.fromkeys(each for near in nearest for each in self._into[near])
            nearest = [each for each in further if each not in found]
        return list(found)

    @cached_property
    def made(self) -> Mapping[Thing, Made]:
        """How each version of a table, data asset or model came to be."""
        runs = RunIndex(StateFolder(self._state))
        tables = {
            table_of(log.name, commit.version): Made(
                commit.moment,
                *runs.that_left(log.id, commit.version, stated=commit.record.get("run_id")),
                rows=commit.rows,
            )
            for log in self.tables.values()
            for commit in log.commits
        }
        return tables | {
            thing: Made(item.moment, *runs.named_in(item.path), rows=item.rows)
            for thing, item in {**self._data, **self._models}.items()
        }

    def files_added(self, bronze: Thing) -> list[str]:
        """Return the raw files whose rows a version of bronze has, and the one before has not."""
        if not is_bronze(bronze):
            return []
        commits = self.tables[bronze.name].commits
        record = next((c.record for c in commits if str(c.version) == bronze.version), {})
        if record.get("step") == _WITHDRAW:
            return []
        files = self.files[bronze.name]
        return sorted({files[each] for each in record.get("ingestion_ids", ()) if each in files})

    def registered_at(self, folder: str) -> Thing | None:
        """Return the data asset or model whose path is a folder of the lake, if there is one."""
        return self._registered.get(folder.rstrip("/"))

    @cached_property
    def _registered(self) -> Mapping[str, Thing]:
        found = {**self._data, **self._models}
        folders = {thing: self._folder_of(item.path) for thing, item in found.items()}
        return {str(folder): thing for thing, folder in folders.items() if folder}

    @cached_property
    def files(self) -> Mapping[str, Mapping[str, str]]:
        """The raw file of each ingestion, by the table that had its rows as they came."""
        names = [name for name in self.tables if is_bronze(table_of(name, 0))]
        return {name: self._files_by_ingestion(name) for name in names}

    def _files_by_ingestion(self, bronze: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in (f"{bronze.rpartition('/')[0]}/withdrawn", bronze):
            if name in self.tables:
                rows = self.tables[name].rows([INGESTION_ID, SOURCE_FILE])
                unique = rows.group_by(rows.column_names).aggregate([])
                found |= zip(*(column.to_pylist() for column in unique.columns), strict=True)
        return found

    def _bronze_with(self, file: Thing) -> list[Thing]:
        """Return the versions of bronze that have rows of a file."""
        return [thing for thing, files in self._files_in.items() if file.name in files]

    @cached_property
    def _files_in(self) -> dict[Thing, list[str]]:
        """The files whose rows each version of bronze has."""
        found = {}
        for name, files in self.files.items():
            commits = self.tables[name].commits
            named = [set(commit.record.get("ingestion_ids", ())) for commit in commits]
            # Those that no commit names came by one that was cleaned up.
            there = set(files).difference(*named)
            for commit, ids in zip(commits, named, strict=True):
                there = there - ids if commit.record.get("step") == _WITHDRAW else there | ids
                known = {files[each] for each in there if each in files}
                found[table_of(name, commit.version)] = sorted(known)
        return found

    @cached_property
    def _into(self) -> defaultdict[Thing, list[Thing]]:
        into: defaultdict[Thing, list[Thing]] = defaultdict(list)
        for thing, sources in self._from.items():
            for source in sources:
                into[source].append(thing)
        return into

    @cached_property
    def _from(self) -> dict[Thing, list[Thing]]:
        by_id = {log.id: log.name for log in self.tables.values()}
        found = {
            thing: sources
            for log in self.tables.values()
            for thing, sources in _sources_in(log, by_id)
        }
        releases: defaultdict[str | None, list[Thing]] = defaultdict(list)
        for thing, item in self._data.items():
            table = self._table_behind(item.path)
            found[thing] = [table] if table else []
            if thing.name.endswith(SPLITS):
                releases[item.release].append(thing)
        for thing, item in self._models.items():
            tested = _named(ThingKind.DATA, item.tags.get("test_data", ""))
            learned = releases[item.release] if item.release else []
            found[thing] = list(dict.fromkeys([*learned, *([tested] if tested else [])]))
        return found

    def _table_behind(self, path: str) -> Thing | None:
        """Return the version of a table that an MLTable of this project's shows."""
        folder = self._folder_of(path)
        if folder is None or not (folder / "asset.json").is_file():
            return None
        told = read_json(folder / "asset.json")
        table = Path(told["table_uri"])
        if not table.is_relative_to(self.lake):
            return None
        return table_of(table.relative_to(self.lake).as_posix(), told["table_version"])

    def _folder_of(self, path: str) -> Path | None:
        """Return the folder of a path of a data asset or model; None of one elsewhere."""
        reference = parse(path)
        if isinstance(reference, DatastorePath):
            return self.lake / reference.path
        return Path(reference.path) if isinstance(reference, LocalPath) else None


def open_lineage(target: Target) -> Lineage:
    """Open the lake of a target; raises UserError for one that is no folder here."""
    if not (target.is_local and target.has_folder):
        raise UserError(
            f"the lake of target {target.name!r} is no folder here, and lineage is read from its "
            "files; name a target whose lake is one: --target local"
        )
    return Lineage(Path(target.lake), Path(target.state))


def is_bronze(thing: Thing) -> bool:
    """Return whether a thing is a version of a table of rows as they came."""
    is_table = thing.kind == ThingKind.TABLE
    return is_table and thing.name.startswith("bronze/") and thing.name.endswith("/rows")


def _sources_in(log: TableLog, by_id: Mapping[str, str]) -> Iterator[tuple[Thing, list[Thing]]]:
    """Yield each version of a table with what it was made from.

    A version has rows of the commits before it too: of each source the newest that any of them
    names is returned.
    """
    tables: dict[str, int] = {}
    models: dict[Thing, None] = {}
    for commit in log.commits:
        for key, told in commit.record.items():
            stated = told if isinstance(told, str) else ""
            for table, version in _VERSION.findall(stated):
                if table in by_id:
                    tables[by_id[table]] = max(int(version), tables.get(by_id[table], 0))
            model = _named(ThingKind.MODEL, stated) if key == "model" else None
            if model:
                models[model] = None
        sources = [table_of(name, version) for name, version in tables.items()]
        yield table_of(log.name, commit.version), [*sources, *models]


def _named(kind: ThingKind, text: str) -> Thing | None:
    match = _NAMED.fullmatch(text)
    return Thing(kind, match[1], match[2]) if match else None
