"""Profile the days of a dataset that changed, and sum up what is to be judged."""

from __future__ import annotations

import json

from conf.arguments import arguments
from conf.dataset import load_dataset
from conf.model import load_model
from conf.monitor import load_monitor
from spark_jobs.lake import read_version
from spark_jobs.monitoring.inputs import newest_tables
from spark_jobs.monitoring.profiles import profile_dataset
from spark_jobs.monitoring.summaries import summaries_of
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.storage import read_text, write_receipt


def main(
    *, lake: str, dataset: str, model_name: str, reference: str, receipt: str, summary: str
) -> None:
    contract, model, monitor = load_dataset(dataset), load_model(model_name), load_monitor(dataset)
    with spark_session("profile_rows") as spark:
        found = json.loads(read_text(spark, f"{reference}/reference.json"))
        tables = newest_tables(spark, dataset, lake_uri=lake, train=found["train"])
        version = found["model_version"]
        profiled = profile_dataset(
            spark, tables, contract, model, monitor, model_version=version, lake_uri=lake
        )
        written = {"profiles": profiled.profiles, "references": profiled.references}
        rows = {name: read_version(spark, t.uri, t.version) for name, t in written.items()}
        summaries = summaries_of(**rows, monitor=monitor, model_name=model_name)
        for name, each in summaries.items():
            each.coalesce(1).write.mode("overwrite").parquet(f"{summary}/{name}")
        headline = (
            f"{dataset}: {profiled.days} days profiled, {profiled.profiles.rows_out:,} rows in all"
        )
        named = name_tables(dataset, {**tables, **written})
        write_receipt(spark, receipt, Receipt("profile_rows", dataset, headline, named))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
