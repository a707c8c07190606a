"""Record the findings of a run as incidents, and claim what is to be done about them."""

from __future__ import annotations

import json

from conf.arguments import arguments
from conf.dataset import load_dataset
from conf.incident import TABLE
from conf.monitor import load_monitor
from spark_jobs.monitoring.incident_log import record_findings
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.storage import read_text, write_receipt, write_text


def main(
    *, lake: str, dataset: str, as_of: str, run: str, findings: str, receipt: str, actions: str
) -> None:
    """Write what this run has to do as JSON to the folder `actions`."""
    monitor = load_monitor(load_dataset(dataset).name)
    with spark_session("write_incidents") as spark:
        health = json.loads(read_text(spark, f"{findings}/findings.json"))
        run_id = json.loads(read_text(spark, f"{run}/run_id.json"))["run_id"]
        recorded = record_findings(
            spark, health, monitor, as_of=as_of, run_id=run_id, lake_uri=lake
        )
        told = json.dumps(recorded.actions, indent=2)
        write_text(spark, f"{actions.rstrip('/')}/actions.json", told)
        headline = f"{dataset}: {recorded.added} events of incidents are new"
        tables = {TABLE: recorded.table} if recorded.table else {}
        named = name_tables(dataset, tables)
        write_receipt(spark, receipt, Receipt("write_incidents", dataset, headline, named))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
