"""Find what crashes left in the folders of tables, and old versions; remove both if asked to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from conf.arguments import arguments
from spark_jobs.leftovers import find_leftovers, remove_files, tables_of, told
from spark_jobs.named_versions import named_versions
from spark_jobs.retention import find_old_versions
from spark_jobs.session import spark_session
from spark_jobs.storage import read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.retention import OldVersions


def main(
    *,
    lake: str,
    datasets: str,
    unchanged_since: str,
    replaced_before: str,
    mltables: str,
    remove: str,
    leftovers: str,
) -> None:
    """Write what was found as JSON to the folder `leftovers`; `remove` is yes or no.

    `datasets` are names with commas between them, or `all`. What was changed after the moment
    `unchanged_since` is left alone: another run may be writing it. Versions of tables that newer
    ones replaced before the moment `replaced_before` are old; `never` looks for none. `mltables` is
    a JSON file with the URIs of other `mltables` that name versions too, or `none`.
    """
    names = () if datasets == "all" else tuple(datasets.split(","))
    with spark_session("care") as spark:
        uris = tables_of(spark, lake, names)
        since = _milliseconds(unchanged_since)
        found = [find_leftovers(spark, uri, lake_uri=lake, unchanged_since=since) for uri in uris]
        old: list[OldVersions] = []
        if replaced_before != "never":
            old = _old_versions(spark, lake, uris, _milliseconds(replaced_before), mltables)
        if remove == "yes":
            remove_files(spark, [file for table in found for file in table.files])
            remove_files(spark, [file for table in old for file in table.files])
        result = {
            "tables": [told(table, lake_uri=lake) for table in found],
            "old_versions": [told(table, lake_uri=lake) for table in old],
        }
        write_text(spark, f"{leftovers.rstrip('/')}/leftovers.json", json.dumps(result))


def _old_versions(
    spark: SparkSession, lake: str, uris: Sequence[str], replaced_before: int, mltables: str
) -> list[OldVersions]:
    more = () if mltables == "none" else json.loads(read_text(spark, mltables))["mltables"]
    named = named_versions(spark, lake, more)
    return [
        find_old_versions(spark, uri, named, lake_uri=lake, replaced_before=replaced_before)
        for uri in uris
    ]


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
