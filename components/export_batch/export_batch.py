"""Write a selected batch as a folder of Parquet files, which batch endpoints can read."""

from __future__ import annotations

from conf.arguments import arguments
from spark_jobs.lake import read_table
from spark_jobs.receipt import check_balance
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt
from spark_jobs.store_faults import faults_named


def main(*, batch: str, rows: str) -> None:
    with spark_session("export_batch") as spark:
        selected = read_receipt(spark, batch).table("batch")
        with faults_named(spark, f"{selected.uri}: export_batch cannot read it"):
            read_table(spark, selected).write.mode("overwrite").parquet(rows)
            written = spark.read.parquet(rows).count()
        check_balance("export_batch", rows_in=selected.rows_out, rows_out=written, set_aside={})


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
