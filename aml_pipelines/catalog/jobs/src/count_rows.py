"""Count the rows of the CSV files in a folder, and log the count: what the example jobs run."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import mlflow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--skip", type=int, default=1, help="lines of header in each file")
    asked = parser.parse_args()
    total = 0
    for file in sorted(asked.folder.glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            total += max(0, sum(1 for _ in csv.reader(lines)) - asked.skip)
    mlflow.log_metric("rows", total)  # what sweep.yml maximizes
    print(f"rows: {total}")  # noqa: T201 # the job's product


if __name__ == "__main__":
    main()
