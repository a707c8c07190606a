"""Withdraw one ingested file of a dataset, with everything that was made of it."""

from __future__ import annotations

import json
from dataclasses import asdict

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.session import spark_session
from spark_jobs.storage import write_text
from spark_jobs.withdrawal import withdraw_file


def main(*, lake: str, dataset: str, file: str, reason: str, erase: str, withdrawn: str) -> None:
    """Write what was withdrawn as JSON to the folder `withdrawn`; `erase` is yes or no."""
    contract = load_dataset(dataset)
    with spark_session("withdraw") as spark:
        done = withdraw_file(
            spark, contract, file, lake_uri=lake, reason=reason, erase=erase == "yes"
        )
        write_text(spark, f"{withdrawn.rstrip('/')}/withdrawn.json", json.dumps(asdict(done)))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
