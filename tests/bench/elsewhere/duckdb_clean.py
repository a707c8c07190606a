"""Flights cleaned by DuckDB to Parquet: python duckdb_clean.py RAW RULES OUT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

TEXTS = ("carrier", "tailnum", "origin", "dest")
ONCE = """
select * from flights qualify row_number() over (partition by time_hour, carrier, flight) = 1
"""


def main(raw: str, rules: str, out: str) -> None:
    files = f"{raw}/flights/history/*.csv"
    conditions = json.loads(Path(rules).read_text("utf-8")).values()
    is_valid = " and ".join(f"coalesce({condition}, false)" for condition in conditions)
    Path(out).mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        texts = connection.read_csv(files, all_varchar=True, na_values="NA", header=True)
        flights = texts.project(", ".join(f"{_typed(name)} as {name}" for name in texts.columns))
        once = flights.query("flights", ONCE)
        for name, verdict in (("valid", is_valid), ("broken", f"not ({is_valid})")):
            once.filter(verdict).write_parquet(f"{out}/{name}.parquet")


def _typed(name: str) -> str:
    if name in TEXTS:
        return name
    return f"try_cast({name} as {'timestamptz' if name == 'time_hour' else 'integer'})"


if __name__ == "__main__":
    main(*sys.argv[1:])
