# What would be made, by the provider's own schema and checks, without an account: terraform test
mock_provider "azurerm" { # ids of the form that Azure gives, for the provider looks at it
  mock_data "azurerm_client_config" {
    defaults = { tenant_id = "00000000-0000-0000-0000-000000000000" }
  }
  mock_resource "azurerm_resource_group" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg" }
  }
  mock_resource "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/jobs"
      principal_id = "00000000-0000-0000-0000-000000000001"
    }
  }
  mock_resource "azurerm_storage_account" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/ours" }
  }
  mock_resource "azurerm_key_vault" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv" }
  }
  mock_resource "azurerm_container_registry" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/cr" }
  }
  mock_resource "azurerm_log_analytics_workspace" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log" }
  }
  mock_resource "azurerm_application_insights" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Insights/components/appi" }
  }
  mock_resource "azurerm_machine_learning_workspace" {
    defaults = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw"
      identity = { principal_id = "00000000-0000-0000-0000-000000000002" }
    }
  }
  mock_resource "azurerm_synapse_workspace" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Synapse/workspaces/syn" }
  }
  mock_resource "azurerm_synapse_spark_pool" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Synapse/workspaces/syn/bigDataPools/spark" }
  }
}

variables {
  project         = "ours"
  target          = "dev"
  subscription_id = "00000000-0000-0000-0000-000000000000"
  lake_account    = "ours"
  replication     = "LRS"
  cluster_size    = "STANDARD_DS3_V2"
  cluster_nodes   = 4
  deployers       = { ada = "00000000-0000-0000-0000-00000000000a", bob = "00000000-0000-0000-0000-00000000000b" }
  bootstrappers   = { ada = "00000000-0000-0000-0000-00000000000a" }
}

run "serverless" {
  assert {
    condition     = yamldecode(output.target).lake == "abfss://lake@ours.dfs.core.windows.net"
    error_message = "the lake is none of ours: ${output.target}"
  }
  assert {
    condition     = yamldecode(output.target).workspace == { subscription_id = "$${AZURE_SUBSCRIPTION_ID}", resource_group = "rg-ours-dev", name = "mlw-ours-dev", location = "westeurope" }
    error_message = "the workspace is another: ${output.target}"
  }
  assert {
    condition     = yamldecode(output.target).endpoints == { batch = "ours-dev-batch", online = "ours-dev-online" }
    error_message = "endpoints are not named after the project: ${output.target}"
  }
  assert {
    condition     = strcontains(output.dotenv, "JOBS_IDENTITY_ID=${azurerm_user_assigned_identity.jobs.id}\n")
    error_message = "the jobs' identity is missing: ${output.dotenv}"
  }
  assert {
    condition     = yamldecode("variables:\n${output.variables}").variables.AZURE_TENANT_ID == "00000000-0000-0000-0000-000000000000"
    error_message = "the tenant is missing: ${output.variables}"
  }
  assert {
    condition     = length(azurerm_role_assignment.this) == 2 + 2 * 5 + 5 + 1
    error_message = "one of Ada's as bootstrapper, both deployers', the jobs' or the workspace's roles is missing, or too many"
  }
  assert {
    condition     = azurerm_role_assignment.this["deployers bob: AzureML Data Scientist on workspace"].principal_id == var.deployers.bob
    error_message = "Bob's role is another one's"
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.this : !account.shared_access_key_enabled && !account.allow_nested_items_to_be_public])
    error_message = "an account takes keys, or is public"
  }
  assert {
    condition     = contains(local.services, "Microsoft.MachineLearningServices") && !contains(local.services, "Microsoft.Synapse")
    error_message = "the subscription is not registered for what is made, or for what is not"
  }
  assert {
    condition     = length(azurerm_synapse_workspace.this) == 0 && !strcontains(output.dotenv, "SYNAPSE_POOL_ID")
    error_message = "a Synapse workspace that nobody asked for"
  }
}

run "pool" {
  variables {
    synapse = true
  }
  assert {
    condition     = yamldecode(output.variables).SYNAPSE_POOL_ID == azurerm_machine_learning_synapse_spark.this[0].synapse_spark_pool_id
    error_message = "the pool that is attached is not the one that is made"
  }
  assert {
    condition     = length(setsubtract(["Microsoft.Synapse", "Microsoft.Sql"], local.services)) == 0
    error_message = "the subscription is not registered for Synapse"
  }
  assert {
    condition     = azurerm_synapse_role_assignment.jobs[0].principal_id == azurerm_user_assigned_identity.jobs.principal_id
    error_message = "the pool is attached with one identity, and another one has the role"
  }
}

run "pool_from_a_laptop" {
  variables {
    synapse           = true
    synapse_addresses = { start = "198.51.100.7", end = "198.51.100.9" }
  }
  assert {
    condition     = azurerm_synapse_firewall_rule.this["WhoeverApplies"].start_ip_address == "198.51.100.7"
    error_message = "whoever applies is not let in, and assigns no role"
  }
  assert {
    condition     = azurerm_synapse_firewall_rule.this["AllowAllWindowsAzureIps"].end_ip_address == "0.0.0.0"
    error_message = "Azure itself is not let in any more"
  }
}

run "no_such_target" {
  command = plan
  variables {
    target = "staging"
  }
  expect_failures = [var.target]
}

run "a_name_that_others_have_too" {
  command = plan
  variables {
    project = "mlpipelines"
  }
  expect_failures = [var.project]
}

run "a_name_too_long_for_a_key_vault" {
  command = plan
  variables {
    project = "all-our-forecasts" # kv-all-our-forecasts-dev would do; prod's has 25 letters
    target  = "prod"
  }
  expect_failures = [var.project]
}

run "a_name_that_no_registry_takes" {
  command = plan
  variables {
    project = "Our_Models"
  }
  expect_failures = [var.project]
}

run "an_account_whose_name_leaves_no_room_for_the_workspaces" {
  command = plan
  variables {
    lake_account = "abcdefghijklmnopqrstuvw" # 23 letters
  }
  expect_failures = [var.lake_account]
}

run "an_account_with_a_hyphen" {
  command = plan
  variables {
    lake_account = "our-lake"
  }
  expect_failures = [var.lake_account]
}

run "the_account_of_the_example" {
  command = plan
  variables {
    lake_account = "examplelakedev"
  }
  expect_failures = [var.lake_account]
}
