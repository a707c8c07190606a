"""Find what crashes left in the folders of tables, and remove it if asked to."""

from __future__ import annotations

import json
from datetime import datetime

from conf.arguments import arguments
from spark_jobs.leftovers import find_leftovers, remove_leftovers, tables_of, told
from spark_jobs.session import spark_session
from spark_jobs.storage import write_text


def main(*, lake: str, datasets: str, unchanged_since: str, remove: str, leftovers: str) -> None:
    """Write what was found as JSON to the folder `leftovers`; `remove` is yes or no.

    `datasets` are names with commas between them, or `all`. What was changed after the moment
    `unchanged_since` is left alone: another run may be writing it.
    """
    names = () if datasets == "all" else tuple(datasets.split(","))
    moment = int(datetime.fromisoformat(unchanged_since).timestamp() * 1000)
    with spark_session("care") as spark:
        found = [
            find_leftovers(spark, uri, lake_uri=lake, unchanged_since=moment)
            for uri in tables_of(spark, lake, names)
        ]
        if remove == "yes":
            remove_leftovers(spark, found)
        text = json.dumps({"tables": [told(table, lake_uri=lake) for table in found]})
        write_text(spark, f"{leftovers.rstrip('/')}/leftovers.json", text)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
