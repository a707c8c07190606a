"""A signature by an account's key is the one that Azure Storage's own client makes."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from azure.storage.blob._shared.shared_access_signature import SharedAccessSignature

from aml_pipelines.errors import RefusedError
from aml_pipelines.workspace.resources.account_signature import account_signature

ENDS = datetime(2026, 11, 21, 4, tzinfo=UTC)
KEY = "bm90IGEga2V5"


def test_the_signature_is_the_one_of_azures_client() -> None:
    client = SharedAccessSignature(  # type: ignore[no-untyped-call] # it has no hints
        "flights", KEY, x_ms_version="2022-11-02"
    )
    theirs = client.generate_account("bf", "co", "rwdlcu", "2026-11-21T04:00:00Z")
    assert parse_qs(account_signature("flights", KEY, ENDS)[1:]) == parse_qs(theirs)


def test_a_key_that_is_no_key_of_azures_is_refused_and_not_told() -> None:
    with pytest.raises(RefusedError, match="the key of account 'flights' is not in base64") as told:
        account_signature("flights", "not-a-key", ENDS)
    assert "not-a-key" not in str(told.value)
