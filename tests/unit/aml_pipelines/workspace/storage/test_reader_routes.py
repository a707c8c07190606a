"""The routes of MLTable's reader, without the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.aml_pipelines.workspace.rest import WORKSPACE, Client

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

ADDRESS = "lake.blob.core.windows.net/lake"


def described(client: Client, path: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {client.token}"}
    return client.http.get(f"{path.format(WORKSPACE)}", headers=headers)


def test_a_datastore_is_described_with_what_gives_access_to_it_and_to_no_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/a.csv").write_text("a")
    client = Client(tmp_path)
    described_lake = described(client, "/datastore/v1.0{}/datastores/lake").get_json()
    section = described_lake["azureStorageSection"]
    assert (section["accountName"], section["containerName"]) == ("localhost/storage/lake", "lake")
    listing = f"/storage?comp=list&prefix={ADDRESS}/rows/&{section['sasToken']}"
    assert f"<Name>{ADDRESS}/rows/a.csv</Name>" in client.http.get(listing).text
    assert client.http.get(f"/storage/{ADDRESS}/rows/a.csv?{section['sasToken']}").text == "a"

    other = "workspaceblobstore.blob.core.windows.net/workspaceblobstore"
    assert client.http.get(f"/storage/{other}/a?{section['sasToken']}").status_code == 403
    assert client.http.get(f"/storage?comp=list&prefix={ADDRESS}/rows/").status_code == 401
    hidden = client.http.get(f"/storage/{ADDRESS}/registry/jobs.db?{section['sasToken']}")
    assert hidden.status_code == 403
    unknown = described(client, "/datastore/v1.0{}/datastores/none")
    assert "datastore 'none' is no folder of this workspace" in unknown.text


def test_a_version_of_data_is_described_with_its_path_in_the_workspace(tmp_path: Path) -> None:
    client = Client(tmp_path)
    properties = {"dataType": "mltable", "dataUri": "azureml://datastores/lake/paths/rows"}
    client.send("PUT", "/data/rows/versions/1", {"properties": properties})
    answer = described(client, "/data/v1.0{}/dataversion/rows/versions/1").get_json()
    assert (answer["isV2"], answer["dataVersion"]["dataType"]) == (True, "MLTable")
    assert answer["dataVersion"]["dataUri"] == (
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/rows"
    )
    assert described(client, "/data/v1.0{}/dataversion/rows/versions/2").status_code == 404
