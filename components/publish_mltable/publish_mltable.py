"""Publish tables of a receipt as MLTables, read each back, and register them together."""

from __future__ import annotations

import argparse
from pathlib import Path

from assets.client import workspace_client
from assets.mltables import read_rows, write_mltable
from assets.readback import check_readback
from assets.registration import Publication, register, release_of
from spark_jobs.receipt import FILE_NAME, Receipt, parse_receipt

TABLES = ("train", "validation", "test", "batch")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--tables", required=True, help="folder of the receipt that names them")
    parser.add_argument("--receipt", required=True)
    for table in TABLES:
        parser.add_argument(f"--{table}", help=f"folder for the MLTable of {table}")
    return parser


def main(*, lake: str, dataset: str, tables: str, receipt: str, **folders: str | None) -> None:
    written = parse_receipt(Path(tables, FILE_NAME).read_text(encoding="utf-8"))
    wanted = {table: folder for table, folder in folders.items() if folder}
    receipts = {table: written.table(table) for table in wanted}
    for table, folder in wanted.items():
        write_mltable(folder, table_uri=receipts[table].uri, version=receipts[table].version)
        if receipts[table].rows_out:
            check_readback(table, read_rows(folder), receipts[table])
    release = release_of(receipts)
    client = workspace_client()
    cards, registered = [], 0
    for table, folder in wanted.items():
        publication = Publication(f"{dataset}_{table}", folder, receipts[table], release)
        card, is_new = register(client, publication, lake=lake)
        cards.append(card)
        registered += is_new
    headline = f"{', '.join(card.reference for card in cards)} ({registered} newly registered)"
    details = {"assets": [card.reference for card in cards], "release": release}
    published = Receipt("publish_mltable", dataset, headline, receipts, details)
    Path(receipt, FILE_NAME).write_text(published.to_json(), encoding="utf-8")


if __name__ == "__main__":
    main(**vars(arguments().parse_args()))
