"""Flights cleaned by Polars to Parquet: python polars_clean.py RAW RULES OUT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

TEXTS = ("carrier", "tailnum", "origin", "dest")
KEY = ["time_hour", "carrier", "flight"]


def main(raw: str, rules: str, out: str) -> None:
    Path(out).mkdir(parents=True)
    texts = pl.scan_csv(f"{raw}/flights/history/*.csv", infer_schema=False, null_values=["NA"])
    names = texts.collect_schema().names()
    flights = texts.with_columns(*(_typed(name) for name in names if name not in TEXTS))
    conditions = json.loads(Path(rules).read_text("utf-8")).values()
    is_valid = pl.all_horizontal(
        *(pl.sql_expr(condition).fill_null(value=False) for condition in conditions)
    )
    judged = flights.unique(KEY, keep="any").with_columns(is_valid.alias("is_valid"))
    for name, verdict in (("valid", pl.col("is_valid")), ("broken", ~pl.col("is_valid"))):
        judged.filter(verdict).drop("is_valid").sink_parquet(f"{out}/{name}.parquet")


def _typed(name: str) -> pl.Expr:
    if name == "time_hour":
        moment = pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False)
        return moment.dt.replace_time_zone("UTC")
    return pl.col(name).cast(pl.Int32, strict=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
