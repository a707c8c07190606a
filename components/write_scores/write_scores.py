"""Write the scores of a batch back into the lake, every row once or rejected with a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conf.arguments import arguments
from conf.dataset import load_dataset
from conf.incident import HELD_TABLE
from spark_jobs.held_scores import batch_id_of
from spark_jobs.ingest import ARRIVAL_ORDER
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt, read_text, write_receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_jobs.receipt import TableReceipt


def main(
    *,
    lake: str,
    dataset: str,
    as_of: str,
    run: str,
    batch: str,
    published: str,
    model: str,
    scores: str,
    receipt: str,
) -> None:
    contract = load_dataset(dataset)
    with spark_session("write_scores") as spark:
        selected = read_receipt(spark, batch)
        resolved = json.loads(read_text(spark, f"{model}/model.json"))
        data_version = read_receipt(spark, published).assets[0]
        run_id = json.loads(read_text(spark, f"{run}/run_id.json"))["run_id"]
        moment = None if as_of == ARRIVAL_ORDER else as_of
        written_by = ScoreRun(resolved["name"], resolved["version"], data_version, run_id, moment)
        tables = write_scores(
            spark,
            selected.table("batch"),
            selected.table("rejected"),
            spark.read.parquet(scores),
            contract,
            run=written_by,
            lake_uri=lake,
        )
        headline = _headline(tables, selected.table("batch"), written_by)
        named = name_tables(dataset, tables)
        write_receipt(spark, receipt, Receipt("write_scores", dataset, headline, named))


def _headline(tables: Mapping[str, TableReceipt], batch: TableReceipt, run: ScoreRun) -> str:
    model = f"{run.model_name} v{run.model_version}"
    if HELD_TABLE in tables:
        held, name = tables[HELD_TABLE], batch_id_of(batch)
        return (
            f"{held.rows_out:,} rows of {model} are held in {held.uri}: "
            f"python -m aml_pipelines release {name}"
        )
    return (
        f"{tables['scores'].rows_out:,} scores of {model} in {tables['scores'].uri}, "
        f"{tables['rejected_scores'].rows_out:,} rows rejected"
    )


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
