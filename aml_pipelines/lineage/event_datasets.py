"""The datasets of a run's nodes as OpenLineage names them: tables, raw files, folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    dataset_version_dataset,
    output_statistics_output_dataset,
    schema_dataset,
    storage_dataset,
    symlinks_dataset,
)

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage.column_origins import Table, origins_of
from aml_pipelines.lineage.things import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openlineage.client.facet_v2 import DatasetFacet, InputDatasetFacet, OutputDatasetFacet

    from aml_pipelines.lineage.column_origins import Origin
    from aml_pipelines.lineage.graph import Lineage
    from aml_pipelines.lineage.things import Thing

_RECEIPT = "receipt"


class DatasetsOfRun:
    """What the nodes of a run read and wrote, by its record and, if there is one, the lake's logs.

    A node read the tables that are on the receipts it was given, the folders that it was given,
    and, where its tables are bronze, the raw files that it brought in.
    """

    def __init__(self, record: Mapping[str, Any], lineage: Lineage | None) -> None:
        self._nodes: Mapping[str, Mapping[str, Any]] = record["nodes"]
        self._run_id = str(record["run_id"])
        self._model_name = record.get("inputs", {}).get("model_name")
        self._lineage = lineage
        self._made_by: dict[str, tuple[str, str]] = {
            str(location): (name, output)
            for name, node in self._nodes.items()
            for output, location in node["outputs"].items()
        }

    def read_by(self, name: str) -> list[InputDataset]:
        """Return what a node read, each once; bronze with the rules that its rows broke."""
        node = self._nodes[name]
        tables = {table["uri"]: (full, table) for full, table in self._tables_read(node)}
        broken = _details(node).get("broken_rules", {})
        found = [
            InputDataset(
                *dataset_name(uri),
                _assertions(broken.get(full.partition("/")[0], {}))
                if full.endswith("/bronze")
                else {},
                facets=self._facets(full, table, None),
            )
            for uri, (full, table) in tables.items()
        ]
        known = {*self._made_by, *tables, *(table["uri"] for table in _tables(node).values())}
        folders = [
            place
            for place in dict.fromkeys(filter(_is_place, node["inputs"].values()))
            # The lake itself is given to many nodes: they read the tables that receipts name.
            if not self._is_receipt(place) and not any(_is_below(one, place) for one in known)
        ]
        files = [str(file) for file in self._files_of(node)]
        return [
            *found,
            *(InputDataset(*dataset_name(file), {}, facets={}) for file in files),
            *(InputDataset(*dataset_name(p), {}, facets=self._symlinks(p)) for p in folders),
        ]

    def written_by(self, name: str) -> list[OutputDataset]:
        """Return what a node left: the tables of its receipt, and its other outputs."""
        node = self._nodes[name]
        read = {f: Table(t["uri"], list(self._columns(t))) for f, t in self._tables_read(node)}
        tables = [
            OutputDataset(
                *dataset_name(table["uri"]),
                self._statistics(table),
                facets=self._facets(full, table, read),
            )
            for full, table in _tables(node).items()
            if full not in read or read[full].uri != table["uri"]
        ]
        folders = [
            OutputDataset(*dataset_name(place), {}, facets=self._symlinks(place))
            for output, place in node["outputs"].items()
            if output != _RECEIPT
        ]
        return [*tables, *folders]

    def _tables_read(self, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for place in node["inputs"].values():
            if self._is_receipt(place):
                yield from _tables(self._nodes[self._made_by[place][0]]).items()

    def _is_receipt(self, place: str | None) -> bool:
        return self._made_by.get(place or "", ("", ""))[1] == _RECEIPT

    def _facets(
        self, full: str, table: Mapping[str, Any], read: Mapping[str, Table] | None
    ) -> dict[str, DatasetFacet]:
        facets: dict[str, DatasetFacet] = {
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(str(table["version"])),
            "storage": storage_dataset.StorageDatasetFacet("delta", "parquet"),
        }
        columns = self._columns(table)
        if columns:
            fields = [
                schema_dataset.SchemaDatasetFacetFields(name, str(of), ordinal_position=place)
                for place, (name, of) in enumerate(columns.items(), start=1)
            ]
            facets["schema"] = schema_dataset.SchemaDatasetFacet(fields)
        if table.get("checksum"):
            facets["dataQualityMetrics"] = _metrics(table)
        if read is not None and columns:
            origins = origins_of(full, list(columns), read, model_name=self._model_name)
            if origins:
                facets["columnLineage"] = _column_lineage(origins)
        return facets

    def _columns(self, table: Mapping[str, Any]) -> Mapping[str, object]:
        thing = self._thing(table)
        if self._lineage is None or thing is None:
            return {}
        try:
            return self._lineage.tables[thing.name].columns_at(int(thing.version))
        except CommandFailedError:
            return {}  # its commits were cleaned up

    def _statistics(self, table: Mapping[str, Any]) -> dict[str, OutputDatasetFacet]:
        """Return how many rows the run wrote into a table, if it is the one that wrote them."""
        thing = self._thing(table)
        made = self._lineage.made.get(thing) if self._lineage and thing else None
        if made is None or made.run != self._run_id or made.rows is None:
            return {}
        rows = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(made.rows)
        return {"outputStatistics": rows}

    def _files_of(self, node: Mapping[str, Any]) -> Iterator[Path]:
        """Yield the raw files that this run brought into the tables of a node."""
        for table in _tables(node).values():
            thing = self._thing(table)
            made = self._lineage.made.get(thing) if self._lineage and thing else None
            if self._lineage and thing and made and made.run == self._run_id:
                for name in self._lineage.files_added(thing):
                    yield self._lineage.lake / name

    def _thing(self, table: Mapping[str, Any]) -> Thing | None:
        if self._lineage is None or not Path(table["uri"]).is_relative_to(self._lineage.lake):
            return None
        name = Path(table["uri"]).relative_to(self._lineage.lake).as_posix()
        return table_of(name, table["version"]) if name in self._lineage.tables else None

    def _symlinks(self, place: str) -> dict[str, DatasetFacet]:
        """Return the name of the data asset or model that a folder was registered as."""
        thing = self._lineage.registered_at(place) if self._lineage else None
        if thing is None:
            return {}
        named = symlinks_dataset.Identifier("azureml", f"{thing.name}:{thing.version}", thing.kind)
        return {"symlinks": symlinks_dataset.SymlinksDatasetFacet([named])}


def dataset_name(place: str) -> tuple[str, str]:
    """Return the namespace and name of a path or URI, as OpenLineage names files and storage."""
    if "://" not in place:
        return "file", place
    parts = urlsplit(place)
    return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/") or "/"


def _is_place(value: str | None) -> bool:
    return value is not None and (value.startswith("/") or "://" in value)


def _is_below(uri: str, place: str | None) -> bool:
    return uri.startswith(f"{str(place).rstrip('/')}/")


def _tables(node: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    receipt = node.get("receipt")
    tables = receipt.get("tables") if isinstance(receipt, dict) else None
    return tables if isinstance(tables, dict) else {}


def _details(node: Mapping[str, Any]) -> Mapping[str, Any]:
    receipt = node.get("receipt")
    return receipt.get("details", {}) if isinstance(receipt, dict) else {}


def _assertions(broken: Mapping[str, int]) -> dict[str, InputDatasetFacet]:
    if not broken:
        return {}
    told = [
        data_quality_assertions_dataset.Assertion(
            rule, success=False, expected="0", actual=str(rows)
        )
        for rule, rows in broken.items()
    ]
    facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(told)
    return {"dataQualityAssertions": facet}


def _metrics(
    table: Mapping[str, Any],
) -> data_quality_metrics_dataset.DataQualityMetricsDatasetFacet:
    return data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
        rowCount=table["rows_out"],
        columnMetrics={
            name: data_quality_metrics_dataset.ColumnMetrics(
                nullCount=sums["nulls"],
                sum=sums.get("sum"),
                min=sums.get("min"),
                max=sums.get("max"),
            )
            for name, sums in table["checksum"].items()
        },
    )


def _column_lineage(
    origins: Mapping[str, list[Origin]],
) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        {
            column: column_lineage_dataset.Fields(
                [
                    column_lineage_dataset.InputField(
                        *dataset_name(origin.uri),
                        origin.column,
                        [column_lineage_dataset.Transformation("DIRECT", origin.how)],
                    )
                    for origin in found
                ]
            )
            for column, found in origins.items()
        }
    )
