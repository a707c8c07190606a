"""Register published tables: new content gets a new immutable version, the same content none."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Data
from azure.core.exceptions import HttpResponseError

from assets.client import datastore_uri, location_of
from assets.mltables import Card, MLTableError, read_card, write_card
from assets.numbers import numbers_of, versions_of
from conf import faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.ai.ml import MLClient

    from spark_jobs.receipt import Checksum, TableReceipt

logger = logging.getLogger(__name__)
ATTEMPTS = 20
UNREGISTERED = "0"


class RegistrationError(RuntimeError):
    """An asset could not be registered."""


@dataclass(frozen=True)
class Publication:
    """An MLTable folder that has been read back and is ready to be registered as `name`.

    `read` is the checksum of what mltable has read of it.
    """

    name: str
    folder: str
    receipt: TableReceipt
    release: str
    read: Checksum = field(default_factory=dict)

    @property
    def content(self) -> str:
        """The fingerprint of the rows, whichever version of the table they are in."""
        facts = [self.receipt.schema_hash, self.receipt.rows_out, self.receipt.checksum]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def tags(self) -> Mapping[str, str]:
        return {
            "rows": str(self.receipt.rows_out),
            "columns": str(len(self.receipt.checksum)),
            "schema_hash": self.receipt.schema_hash,
            "content": self.content,
            "source_table": self.receipt.uri,
            "source_table_id": self.receipt.id,
            "source_version": str(self.receipt.version),
            "release": self.release,
        }

    def card(self, version: str) -> Card:
        return Card(
            name=self.name,
            version=version,
            release=self.release,
            table_uri=self.receipt.uri,
            table_version=self.receipt.version,
            rows=self.receipt.rows_out,
            content=self.content,
            read=self.read,
        )


def release_of(receipts: Mapping[str, TableReceipt]) -> str:
    """Return one label for tables that belong together, from the content of all of them."""
    facts = {n: [r.schema_hash, r.rows_out, r.checksum] for n, r in sorted(receipts.items())}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def register(client: MLClient, publication: Publication, *, lake: str) -> tuple[Card, bool]:
    """Register a publication unless the newest version has its content and release already.

    Returns the card that is written into the folder and whether a version was registered; a table
    without rows, which mltable cannot read, gets a card of version 0 and is not registered. Version
    numbers are not reserved: where another run takes one first, the next is tried.
    """
    existing = _version_with_content(client, publication)
    if existing:
        card = publication.card(existing)
        write_card(publication.folder, card)
        return card, False
    number = 1 + max(numbers_of(client.data, publication.name, ListViewType.ALL), default=0)
    refusal: HttpResponseError | None = None
    for version in range(number, number + ATTEMPTS):
        card = publication.card(str(version))
        write_card(publication.folder, card)
        try:
            with faults.around("data registration", publication.name):
                client.data.create_or_update(_asset(publication, str(version), lake=lake))
        except HttpResponseError as error:
            if version not in numbers_of(client.data, publication.name, ListViewType.ALL):
                raise RegistrationError(f"{publication.name}:{version}: {error.message}") from error
            refusal = error
        else:
            return card, True
    raise RegistrationError(
        f"{publication.name}: no version from {number} on was free in {ATTEMPTS} tries"
    ) from refusal


def newest_version(client: MLClient, name: str) -> Data | None:
    """Return the version with the highest number that is not archived; None without one."""
    numbers = numbers_of(client.data, name, ListViewType.ACTIVE_ONLY)
    return client.data.get(name, version=str(max(numbers))) if numbers else None


def find_read_back(
    client: MLClient, name: str, receipt: TableReceipt, *, folder: str, lake: str
) -> Card | None:
    """Return the card of the newest version of an asset, if it is of this table and was read back.

    None where it is of another table or of a later version, or has no card that can be read.
    `folder` is where the asset's next version is written: Azure reads by the kind of URI that it
    hands out to write.
    """
    newest = newest_version(client, name)
    if newest is None or (newest.tags or {}).get("source_table_id") != receipt.id:
        return None
    path = str(newest.path)
    try:
        card = read_card(path if folder.startswith("azureml:") else location_of(path, lake=lake))
    except (MLTableError, ValueError) as error:
        logger.warning("%s: all files are read: of version %s, %s", name, newest.version, error)
        return None
    is_earlier = card.table_uri == receipt.uri and card.table_version <= receipt.version
    return card if card.read and is_earlier else None


def find_released(client: MLClient, name: str, release: str) -> Data:
    """Return the newest version of an asset that was published in a release, archived or not.

    Raises RegistrationError when there is none.
    """
    versions = versions_of(client.data, name, ListViewType.ALL)
    released = [each for each in versions if (each.tags or {}).get("release") == release]
    if not released:
        raise RegistrationError(
            f"{name}: no version of the release {release!r} is registered here; publish the data "
            "that the champion learnt from, or run: python -m aml_pipelines run data training"
        )
    newest: Data = max(released, key=lambda each: int(each.version))
    return newest


def _version_with_content(client: MLClient, publication: Publication) -> str | None:
    """Return the newest version if it has this content, 0 without rows, and None otherwise."""
    if not publication.receipt.rows_out:
        return UNREGISTERED
    newest = newest_version(client, publication.name)
    return str(newest.version) if newest and _is_same(newest, publication) else None


def _is_same(newest: Data, publication: Publication) -> bool:
    compared = ("content", "release")
    return all((newest.tags or {}).get(name) == publication.tags[name] for name in compared)


def _asset(publication: Publication, version: str, *, lake: str) -> Data:
    return Data(
        name=publication.name,
        version=version,
        type="mltable",
        path=datastore_uri(publication.folder, lake=lake),
        description=f"{publication.receipt.uri} at version {publication.receipt.version}",
        tags=dict(publication.tags),
    )
