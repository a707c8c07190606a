"""Signed links open what they say, for what they permit, until their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from aml_pipelines.workspace.storage.access import AccessLinks
from tests.unit.aml_pipelines.workspace.rest import Client

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def link(tmp_path: Path) -> tuple[Client, str, str]:
    """Return a client, and the path and query of an upload's link."""
    client = Client(tmp_path)
    answer = client.send("POST", "/codes/c/versions/1/startPendingUpload", {}).get_json()
    uri = answer["blobReferenceForConsumption"]["credential"]["sasUri"]
    path, _, query = uri.removeprefix("https://localhost").partition("?")
    return client, path, query


def test_the_link_of_an_upload_reads_writes_and_lists_and_deletes_nothing(
    link: tuple[Client, str, str],
) -> None:
    client, path, query = link
    kind = {"x-ms-blob-type": "BlockBlob"}
    assert client.http.put(f"{path}/a?{query}", data=b"x", headers=kind).status_code == 201
    assert client.http.get(f"{path}/a?{query}").data == b"x"
    assert client.http.get(f"{path}?restype=container&comp=list&{query}").status_code == 200
    assert client.http.delete(f"{path}/a?{query}").status_code == 403
    assert client.http.get(f"{path}/a?{query}").data == b"x"


@pytest.mark.parametrize(("field", "other"), [("sp=rwl", "sp=rwdl"), ("se=20", "se=21")])
def test_a_link_that_was_changed_opens_nothing(
    link: tuple[Client, str, str], field: str, other: str
) -> None:
    client, path, query = link
    assert field in query
    changed = query.replace(field, other)
    assert client.http.get(f"{path}/a?{changed}").status_code == 403


@pytest.mark.parametrize(("hours", "is_right"), [(-9, False), (-7, True)])
def test_a_link_ends(hours: int, is_right: bool) -> None:  # noqa: FBT001 # a case
    links = AccessLinks("test")
    query = links.query("container", "r", datetime.now(UTC) + timedelta(hours=hours))
    with Flask("test").test_request_context(f"/container/a?{query}"):
        assert links.is_right("container") == is_right
