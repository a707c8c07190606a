"""Record what became of the actions that a run has claimed."""

from __future__ import annotations

import json

from conf.arguments import arguments
from conf.incident import TABLE
from spark_jobs.monitoring.incident_log import record_outcomes
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.storage import read_text, write_receipt


def main(*, lake: str, dataset: str, run: str, outcomes: str, receipt: str) -> None:
    with spark_session("record_actions") as spark:
        run_id = json.loads(read_text(spark, f"{run}/run_id.json"))["run_id"]
        told = json.loads(read_text(spark, f"{outcomes}/outcomes.json"))
        recorded = record_outcomes(spark, dataset, told, run_id=run_id, lake_uri=lake)
        headline = f"{dataset}: {recorded.added} outcomes of actions are new"
        tables = {TABLE: recorded.table} if recorded.table else {}
        named = name_tables(dataset, tables)
        write_receipt(spark, receipt, Receipt("record_actions", dataset, headline, named))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
