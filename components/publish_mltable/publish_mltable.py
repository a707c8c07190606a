"""Publish tables of a receipt as MLTables, read each back, and register them together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assets.client import workspace_client
from assets.mltables import write_mltable
from assets.readback import read_back
from assets.registration import Publication, find_read_back, register, release_of
from conf.arguments import arguments
from conf.step_files import write_step_file
from spark_jobs.receipt import FILE_NAME, Receipt, name_tables, parse_receipt

if TYPE_CHECKING:
    from spark_jobs.receipt import Checksum


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
    client = workspace_client()
    read: dict[str, Checksum] = {}
    for table, folder in requested.items():
        of = receipts[table]
        write_mltable(folder, table_uri=of.uri, version=of.version)
        if of.rows_out:
            before = find_read_back(client, f"{dataset}_{table}", of, folder=folder, lake=lake)
            found = read_back(table, folder, of, before)
            # In the node's log: a receipt is the same however much was read.
            sys.stdout.write(f"{table}: {found.rows_read:,} rows read to tell of {of.rows_out:,}\n")
            read[table] = found.checksum
    release = release_of(receipts)
    cards, registered = [], 0
    for table, folder in requested.items():
        publication = Publication(
            f"{dataset}_{table}", folder, receipts[table], release, read.get(table, {})
        )
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
