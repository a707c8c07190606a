"""Connections of all types that the SDK makes: records whose secrets only listsecrets tells."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_here import workspace_here
from tests.integration.workspace_jobs import run_job

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk

CONNECTIONS = """
from azure.ai.ml.entities import (
    AadCredentialConfiguration, AccessKeyConfiguration, AccountKeyConfiguration,
    ApiKeyConfiguration, AzureAISearchConnection, AzureAIServicesConnection,
    AzureBlobStoreConnection, AzureContentSafetyConnection, AzureOpenAIConnection,
    AzureSpeechServicesConnection, ManagedIdentityConfiguration, MicrosoftOneLakeConnection,
    NoneCredentialConfiguration, OneLakeConnectionArtifact, OpenAIConnection,
    PatTokenConfiguration, SasTokenConfiguration, SerpConnection, ServerlessConnection,
    ServicePrincipalConfiguration, UsernamePasswordConfiguration, WorkspaceConnection)
KEY = {"endpoint": "https://e", "api_key": "KEY-secret"}
def plain(name, kind, credentials):
    return WorkspaceConnection(name=name, type=kind, target="https://t", credentials=credentials)
principal = ServicePrincipalConfiguration(tenant_id="t", client_id="c", client_secret="P-secret")
connections = [
    plain("git", "git", PatTokenConfiguration(pat="PAT-secret")),
    plain("open", "git", NoneCredentialConfiguration()),
    plain("feed", "python_feed", UsernamePasswordConfiguration(username="u", password="W-secret")),
    plain("images", "container_registry",
        ManagedIdentityConfiguration(client_id="c", resource_id="r")),
    plain("bucket", "s3", AccessKeyConfiguration(access_key_id="i", secret_access_key="A-secret")),
    plain("snow", "snowflake", UsernamePasswordConfiguration(username="u", password="S-secret")),
    plain("sql", "azure_sql_db", principal),
    plain("gen2", "azure_data_lake_gen2", principal),
    plain("own", "custom", ApiKeyConfiguration(key="C-secret")),
    AzureBlobStoreConnection(name="blob", url="https://b", container_name="c", account_name="a",
        credentials=AccountKeyConfiguration(account_key="B-secret")),
    AzureBlobStoreConnection(name="sas", url="https://b", container_name="c", account_name="a",
        credentials=SasTokenConfiguration(sas_token="Q-secret")),
    MicrosoftOneLakeConnection(name="fabric", endpoint="https://o", credentials=principal,
        one_lake_workspace_name="w", artifact=OneLakeConnectionArtifact(name="l")),
    AzureOpenAIConnection(name="gpt", azure_endpoint="https://e", api_key="G-secret",
        api_version="1.0", open_ai_resource_id="r"),
    AzureOpenAIConnection(name="gpt-aad", azure_endpoint="https://e"),
    AzureAIServicesConnection(name="services", ai_services_resource_id="r", **KEY),
    AzureAISearchConnection(name="search", **KEY),
    AzureContentSafetyConnection(name="safety", **KEY),
    AzureSpeechServicesConnection(name="speech", **KEY),
    OpenAIConnection(name="chat", api_key="O-secret"),
    SerpConnection(name="serp", api_key="E-secret"),
    ServerlessConnection(name="hosted", **KEY),
]
made = {}
for connection in connections:
    put = ml.connections.create_or_update(connection)
    again = ml.connections.create_or_update(connection)
    made[put.name] = [put.type, again.type, type(put.credentials).__name__]
gpt = ml.connections.get("gpt", populate_secrets=True)
listed = [item.name for item in ml.connections.list()]
gits = [item.name for item in ml.connections.list(connection_type="git")]
def send(method, name, body=None, more=""):
    from azure.core.rest import HttpRequest
    path = (f"/subscriptions/{ml.subscription_id}/resourceGroups/{ml.resource_group_name}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{ml.workspace_name}"
            f"/connections/{name}{more}?api-version=2025-12-01")
    client = ml.jobs.service_client_01_2024_preview_arm
    return client.send_request(HttpRequest(method, path, json=body)).json()
changed = send("PATCH", "git", {"properties": {"authType": "PAT", "target": "https://new"}})
after = send("POST", "git", more="/listsecrets")["properties"]
unknown = send("PUT", "x", {"properties": {"authType": "PAT", "category": "Git",
                                           "credentials": {"pat": ["N-secret"]}}})
ml.connections.delete("git")
tell(made=made, key=gpt.credentials.key, version=gpt.api_version, listed=listed, gits=gits,
     shown=ml.connections.get("gpt").credentials.key, unknown=unknown,
     changed=[changed["properties"]["target"], changed["properties"]["credentials"]],
     after=[after["target"], after["credentials"]], gone=refusal(ml.connections.get, "git"))
"""
API_KEY = "ApiKeyConfiguration"  # checkov:skip=CKV_SECRET_6:a type
# The type that the client answers, and the credentials, which never come back with it.
MADE = {
    "git": ("git", "PatTokenConfiguration"),
    "open": ("git", "NoneCredentialConfiguration"),
    "feed": ("python_feed", "UsernamePasswordConfiguration"),
    "images": ("container_registry", "ManagedIdentityConfiguration"),
    "bucket": ("s3", "AccessKeyConfiguration"),
    "snow": ("snowflake", "UsernamePasswordConfiguration"),
    "sql": ("azure_sql_db", "ServicePrincipalConfiguration"),
    "gen2": ("azure_data_lake_gen2", "ServicePrincipalConfiguration"),
    "own": ("custom", API_KEY),
    "blob": ("azure_blob", "AccountKeyConfiguration"),
    "sas": ("azure_blob", "SasTokenConfiguration"),
    "fabric": ("azure_one_lake", "ServicePrincipalConfiguration"),
    "gpt": ("azure_open_ai", API_KEY),
    "gpt-aad": ("azure_open_ai", "AadCredentialConfiguration"),
    "services": ("azure_ai_services", API_KEY),
    "search": ("azure_ai_search", API_KEY),
    "safety": ("azure_content_safety", API_KEY),
    "speech": ("azure_speech_services", API_KEY),
    "chat": ("open_ai", API_KEY),
    "serp": ("serp", API_KEY),
    "hosted": ("serverless", API_KEY),
}


def test_connections_of_every_type_are_kept_and_their_secrets_told_only_when_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"), workspace_here(tmp_path) as served:
        told = run_job(served.env, CONNECTIONS)
    assert told["made"] == {name: [kind, kind, how] for name, (kind, how) in MADE.items()}
    assert told["listed"] == sorted(MADE)
    assert (told["key"], told["version"], told["shown"]) == ("G-secret", "1.0", None)
    assert told["gits"] == ["git", "open"]
    assert told["changed"] == ["https://new", None]
    assert told["after"] == ["https://new", {"pat": "PAT-secret"}]
    assert "Connection git can't be found in this workspace" in str(told["gone"])
    assert "credentials.pat is not shown; it takes a string" in str(told["unknown"])
    kept = tmp_path / "registry" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    others = [file for file in tmp_path.rglob("*") if file.is_file() and file != kept]
    assert not [file for file in others if b"-secret" in file.read_bytes()]
    assert "-secret" not in caplog.text
