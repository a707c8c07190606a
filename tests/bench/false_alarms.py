r"""Judges each week of a lake's history as monitoring would have, and counts what it says.

PYTHONPATH=components:components/serve python -m tests.bench.false_alarms --lake .lake \
    --dataset flights --model flights_late

The lake must have been monitored, so that its days have profiles. A week within training is judged
by what is usual in the other weeks of training, those after it too.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.dataset import load_dataset
from conf.model import load_model
from conf.monitor import load_monitor
from conf.profile_columns import DAY, KIND, SCORED
from learning.gate import Interval
from learning.rows import label_of
from monitoring.column_summary import read_summaries
from monitoring.health import judge_health
from monitoring.performance import Performance
from spark_jobs.lake import table_uri
from spark_jobs.monitoring.summaries import summaries_of
from spark_jobs.session import spark_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.monitor import Monitor
    from monitoring.column_summary import Summaries, Watching
    from monitoring.finding import Health

WEEK = dt.timedelta(7)
ALL_HISTORY = 100_000
# Nothing is said of the model's metric: what was scored is of the last weeks alone.
_NOTHING = Performance("", Interval(0, 0, 0), {}, {}, {}, None, None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--model", required=True)
    options = parser.parse_args()
    stated = load_monitor(load_dataset(options.dataset).name)
    # At defaults, but for what is known of the calendar.
    monitor = replace(
        load_monitor("none"),
        dataset=options.dataset,
        holidays=stated.holidays,
        history_days=ALL_HISTORY,
    )
    weeks, kinds, opened = 0, Counter[str](), Counter[str]()
    before: set[tuple[str, str | None, str]] = set()
    with spark_session("false_alarms") as spark:
        for health in _weeks(spark, options, monitor):
            weeks += 1
            found = {(each.kind, each.column, each.slice) for each in health.findings}
            kinds.update(each.kind for each in health.findings)
            opened.update(kind for kind, _, _ in found - before)
            before = found
            said = "; ".join(each.cause for each in health.findings)
            sys.stdout.write(f"{health.first_day} to {health.last_day}: {said or 'nothing'}\n")
    sys.stdout.write(f"{weeks} weeks; incidents that began: {dict(opened)}; found: {dict(kinds)}\n")
    return 0


def _weeks(spark: SparkSession, options: argparse.Namespace, monitor: Monitor) -> Iterator[Health]:
    profiles, references = (_read(spark, options, name) for name in ("profiles", "references"))
    model = load_model(options.model)
    dated = profiles.where(~F.col(KIND).isin("arrivals", "rule"))
    ((first,),) = dated.agg(F.min(DAY)).collect()
    with tempfile.TemporaryDirectory() as folder:
        told = summaries_of(profiles, references, monitor, model_name=model.name)
        for name, each in told.items():
            each.coalesce(1).write.parquet(f"{folder}/{name}")
        watching = read_summaries(Path(folder))
    whole = [n for n, end in watching.ends.items() if end - WEEK >= first - dt.timedelta(1)]
    for newest in sorted(whole, reverse=True):
        yield judge_health(
            _as_of_then(watching, newest, whole),
            _NOTHING,
            model,
            monitor,
            model_version="",
            label=label_of(model),
            as_of=None,
            importance={},
        )


def _as_of_then(watching: Watching, newest: int, whole: Sequence[int]) -> Watching:
    """Return what was there when the week `newest` was over; weeks after it follow the oldest."""
    after = 2 * len(whole)  # a gap, so that none of them is taken for the week before another
    numbers = {n: n - newest if n >= newest else after + n for n in whole}
    return replace(
        watching,
        periods={number: _all_rows(watching.periods[n]) for n, number in numbers.items()},
        ends={number: watching.ends[n] for n, number in numbers.items()},
        days=watching.days[watching.days[DAY] <= watching.ends[newest]],
    )


def _all_rows(summaries: Summaries) -> Summaries:
    """Leave out what was scored, which are the last weeks alone, and one of them in part."""
    return {key: each for key, each in summaries.items() if key[0] != SCORED}


def _read(spark: SparkSession, options: argparse.Namespace, table: str) -> DataFrame:
    uri = table_uri(str(options.lake.resolve()), "gold", options.dataset, table)
    return spark.read.format("delta").load(uri).cache()


if __name__ == "__main__":
    sys.exit(main())
