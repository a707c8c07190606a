"""Ingests flights, and lays them out for every tool that judges them: …prepare_rules LAKE OUT.

OUT gets the receipt of bronze, the same rows typed as Parquet, and the rules by name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from spark_jobs.conform import cast_text, present_text
from spark_jobs.receipt import FILE_NAME, Receipt, name_tables
from tests.bench.flights_rules import flights_with_rules, rules_of_flights
from tests.bench.session import bench_session
from tests.bench.steps import ingest

RULES = 16


def main(lake: str, out: str) -> None:
    contract, folder = flights_with_rules(RULES), Path(out)
    bronze = ingest(Path(lake), contract).table
    rows = bench_session().read.format("delta").load(bronze.uri)
    texts = {
        column.name: present_text(column.name, null_values=contract.null_values)
        for column in contract.columns
    }
    typed = [cast_text(texts[c.name], c).alias(c.name) for c in contract.columns]
    rows.select(*typed).write.parquet(str(folder / "typed"))
    receipt = Receipt("ingest", "flights", "", name_tables("flights", {"bronze": bronze}))
    (folder / FILE_NAME).write_text(receipt.to_json(), "utf-8")
    (folder / "rules.json").write_text(json.dumps(rules_of_flights(RULES)), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
