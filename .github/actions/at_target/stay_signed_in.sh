#!/usr/bin/env bash
# Signs in again every four minutes, until the runner ends the job: GitHub's token is good for minutes and Azure's
# for an hour, and a job may take four. The task of Azure DevOps does the same by itself (keepAzSessionActive).
set -u -o pipefail

sign_in() {
  token=$(curl --silent --show-error --fail --retry 3 \
    --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" |
    sed 's/.*"value" *: *"\([^"]*\)".*/\1/') &&
    az login --service-principal --username "$AZURE_CLIENT_ID" --tenant "$AZURE_TENANT_ID" \
      --federated-token "$token" --output none &&
    az account set --subscription "$AZURE_SUBSCRIPTION_ID"
}

while sleep 240; do
  sign_in || echo "$(date -u +%H:%M:%S) not signed in again; the next try is in four minutes"
done
