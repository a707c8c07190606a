"""Rows judged by 16 rules, against other tools on Spark, and against DuckDB and Polars."""

from __future__ import annotations

import json
import shutil
from itertools import count
from typing import TYPE_CHECKING

import pyarrow.dataset as ds

from tests.bench.delta_digests import parquet_outcome, table_outcome
from tests.bench.environments import require_environments, run_elsewhere
from tests.bench.flights_rules import KEY
from tests.bench.lakes import run_job
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import NO_AIM, Aim, Way, Work
from tests.delta_logs import live_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

# Of a row that is set aside, our quarantine has the key.
VALID = (*KEY, "dep_delay", "arr_delay", "tailnum", "origin", "dest", "air_time", "distance")
_BROKEN_RULES = "rules that some row broke"
ENGINES = {"DuckDB": "duckdb_clean", "Polars": "polars_clean"}


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work twice: against tools on Spark, and against engines on one machine."""
    require_environments("spark_expectations", "pandera", "engines")
    raw, lake, laid, other = raw_flights(size), *(folder / name for name in ("lake", "laid", "o"))
    raw.link_into(lake)
    laid.mkdir()
    run_job("prepare_rules", str(lake), str(laid))
    ours, rules = _Ours(laid, folder / "ours"), str(laid / "rules.json")
    files = str(raw.folder / "raw")

    def away(name: str, environment: str, script: str, words: list[str]) -> Way:
        return Way(
            name,
            raw.rows,
            lambda: run_elsewhere(environment, script, [*words, str(other)]),
            lambda: _outcome_of_files(other),
            prepare=lambda: shutil.rmtree(other, ignore_errors=True),
        )

    way = Way("clean by 16 rules", raw.rows, ours.do, ours.outcome)
    yield Work(
        "16 rules, from a process of its own",
        way,
        [
            (
                away("spark-expectations", "spark_expectations", "expectations", [str(laid)]),
                Aim("faster", 4),
            ),
            (away("pandera on PySpark", "pandera", "pandera_rules", [str(laid)]), Aim("faster", 4)),
        ],
        note="Our way also casts texts and looks for duplicates; the others get typed rows. "
        "pandera says which rules some row broke, and sets no row aside.",
    )
    yield Work(
        "clean, from a process of its own",
        way,
        [
            (away(name, "engines", script, [files, rules]), NO_AIM)
            for name, script in ENGINES.items()
        ],
        note="Our way begins at bronze and writes Delta, the others read CSV and write Parquet.",
    )


class _Ours:
    """Our way: each turn makes its tables in a lake of its own."""

    def __init__(self, laid: Path, folder: Path) -> None:
        self._laid = laid
        self._lakes = (folder / str(turn) for turn in count())
        self._lake = folder

    def do(self) -> None:
        self._lake = next(self._lakes)
        run_job("our_rules", str(self._laid), str(self._lake))

    def outcome(self) -> Outcome:
        quarantine = self._lake / "quarantine" / "flights" / "rows"
        broken = ds.dataset(live_files(str(quarantine)), format="parquet")
        lists = broken.to_table(columns=["broken_rules"]).column(0).to_pylist()
        return {
            **table_outcome([self._lake / "silver" / "flights" / "valid"], VALID, named="valid"),
            **table_outcome([quarantine], KEY, named="broken"),
            _BROKEN_RULES: sorted({name for names in lists for name in names}),
        }


def _outcome_of_files(folder: Path) -> Outcome:
    """Return what another tool has made: rows of both verdicts, or the rules that were broken."""
    told = folder / "broken_rules.json"
    if told.is_file():
        return {_BROKEN_RULES: json.loads(told.read_text("utf-8"))}
    valid, broken = (
        sorted(map(str, folder.glob(f"{name}*/*.parquet"))) or [str(folder / f"{name}.parquet")]
        for name in ("valid", "broken")
    )
    return {
        **parquet_outcome(valid, VALID, named="valid"),
        **parquet_outcome(broken, KEY, named="broken"),
    }
