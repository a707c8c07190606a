"""Release a batch of a dataset whose scores were held back."""

from __future__ import annotations

import json
from dataclasses import asdict

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.ingest import ARRIVAL_ORDER
from spark_jobs.release import release_batch
from spark_jobs.session import spark_session
from spark_jobs.storage import write_text


def main(*, lake: str, dataset: str, batch: str, person: str, as_of: str, released: str) -> None:
    """Write what was released as JSON to the folder `released`; `person` has released it."""
    contract = load_dataset(dataset)
    moment = "" if as_of == ARRIVAL_ORDER else as_of
    with spark_session("release") as spark:
        done = release_batch(spark, contract, batch, person=person, as_of=moment, lake_uri=lake)
        write_text(spark, f"{released.rstrip('/')}/released.json", json.dumps(asdict(done)))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
