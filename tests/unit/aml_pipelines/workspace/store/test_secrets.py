"""Secrets are kept whole, whoever writes them at once, and a broken file says what to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.files import read_json
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.secrets import SecretFile
from conf.errors import UserError
from tests.unit.aml_pipelines.workspace.rest import Client

if TYPE_CHECKING:
    from pathlib import Path


def datastore(at: int) -> dict[str, object]:
    return {
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": "account",
            "containerName": f"c{at}",
            "credentials": {
                "credentialsType": "AccountKey",
                "secrets": {"secretsType": "AccountKey", "key": f"key{at}"},
            },
        }
    }


def test_secrets_of_two_kinds_that_are_put_at_once_are_all_kept(tmp_path: Path) -> None:
    client = Client(tmp_path)

    def put(at: int) -> int:
        if at % 2:
            return client.send("PUT", f"/datastores/d{at}", datastore(at)).status_code
        endpoint = {"location": "here", "properties": {"authMode": "Key"}}
        return client.send("PUT", f"/onlineEndpoints/end{at}", endpoint).status_code

    with ThreadPoolExecutor(16) as clients:
        assert set(clients.map(put, range(80))) == {201}
    kept = read_json(StateFolder(tmp_path).secrets)
    assert len(kept) == 80
    for at in range(80):
        if at % 2:
            told = client.send("POST", f"/datastores/d{at}/listSecrets", {}).get_json()
            assert told["key"] == f"key{at}"
        else:
            told = client.send("POST", f"/onlineEndpoints/end{at}/listKeys", {}).get_json()
            assert told["primaryKey"]


def test_a_file_that_is_no_json_is_named_with_what_to_do(tmp_path: Path) -> None:
    StateFolder(tmp_path).secrets.parent.mkdir()
    StateFolder(tmp_path).secrets.write_text('{"a": 1}{"b": 2}')
    with pytest.raises(UserError, match=r"secrets\.json is not JSON .*; move it away and put its"):
        SecretFile(tmp_path).find("a")
