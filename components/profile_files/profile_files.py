"""Profile raw files: how each column is written, and what it holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from conf.arguments import arguments
from conf.dataset import load_dataset
from conf.dataset_source import read_source
from conf.document import Section
from spark_jobs.profiling.files import profile_files
from spark_jobs.session import spark_session
from spark_jobs.storage import write_text


def main(*, source: str, dataset: str, label: str, files: str, profile: str) -> None:
    """Write the profile as JSON to the folder `profile`.

    `files` is a JSON list of URI patterns, and `source` a JSON object with the keys of a source.
    With `dataset`, columns are those of its contract; the column `label` is part of no key.
    """
    written = read_source(Section(json.loads(source), Path("source")))
    contract = load_dataset(dataset) if dataset else None
    with spark_session("profile_files") as spark:
        found = profile_files(spark, json.loads(files), written, contract=contract, label=label)
        write_text(spark, f"{profile.rstrip('/')}/profile.json", json.dumps(asdict(found)))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
