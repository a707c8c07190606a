"""Judge files by the contract of a dataset, and write nothing but what became of their rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.session import spark_session
from spark_jobs.storage import write_text
from spark_jobs.trial import try_files


def main(
    *,
    dataset: str,
    contracts: str,
    source: str,
    files: str,
    rows: int,
    examples: int,
    verdicts: str,
) -> None:
    """Write the trial as JSON to the folder `verdicts`; `rows` of 0 judges all.

    `files` is a JSON list of URI patterns, and `contracts` the folder that has the contract.
    """
    contract = load_dataset(dataset, folder=Path(contracts))
    with spark_session("try_file") as spark:
        trial = try_files(
            spark,
            contract,
            json.loads(files),
            source=contract.source_or_error(source),
            most_rows=rows or None,
            most_examples=examples,
        )
        write_text(spark, f"{verdicts.rstrip('/')}/trial.json", json.dumps(asdict(trial)))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
