"""Bring repaired copies of quarantined rows into bronze."""

from __future__ import annotations

import json
from dataclasses import asdict

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.repair import repair_rows
from spark_jobs.session import spark_session
from spark_jobs.storage import write_text


def main(*, lake: str, dataset: str, file: str, by: str, as_of: str, repaired: str) -> None:
    """Write what was repaired as JSON to the folder `repaired`."""
    contract = load_dataset(dataset)
    with spark_session("repair") as spark:
        done = repair_rows(spark, contract, file, lake_uri=lake, by=by, as_of=as_of)
        write_text(spark, f"{repaired.rstrip('/')}/repaired.json", json.dumps(asdict(done)))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
