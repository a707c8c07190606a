"""Publish tables of a receipt as MLTables, read each back, and register them together."""

from __future__ import annotations

from pathlib import Path

from assets.client import workspace_client
from assets.mltables import read_rows, write_mltable
from assets.readback import check_readback
from assets.registration import Publication, register, release_of
from conf.arguments import arguments
from conf.step_files import write_step_file
from spark_jobs.receipt import FILE_NAME, Receipt, name_tables, parse_receipt


def main(
    *,
    lake: str,
    dataset: str,
    tables: str,
    receipt: str,
    train: str | None = None,
    validation: str | None = None,
    test: str | None = None,
    batch: str | None = None,
) -> None:
    """Publish each table that has a folder for its MLTable; `tables` is the receipt's folder."""
    written = parse_receipt(Path(tables, FILE_NAME).read_text(encoding="utf-8"))
    folders = {"train": train, "validation": validation, "test": test, "batch": batch}
    requested = {table: folder for table, folder in folders.items() if folder}
    receipts = {table: written.table(table) for table in requested}
    for table, folder in requested.items():
        write_mltable(folder, table_uri=receipts[table].uri, version=receipts[table].version)
        if receipts[table].rows_out:
            check_readback(table, read_rows(folder), receipts[table])
    release = release_of(receipts)
    client = workspace_client()
    cards, registered = [], 0
    for table, folder in requested.items():
        publication = Publication(f"{dataset}_{table}", folder, receipts[table], release)
        card, is_new = register(client, publication, lake=lake)
        cards.append(card)
        registered += is_new
    headline = f"{', '.join(card.reference for card in cards)} ({registered} newly registered)"
    published = Receipt(
        "publish_mltable",
        dataset,
        headline,
        name_tables(dataset, receipts),
        assets=tuple(card.reference for card in cards),
        details={"release": release},
    )
    write_step_file(receipt, FILE_NAME, published.to_json())


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
