# The role assignments of docs/azure.md, row by row, and no others.
resource "azurerm_role_assignment" "bootstrap_group" {
  for_each             = var.bootstrappers
  principal_id         = each.value
  role_definition_name = "Contributor"
  scope                = azurerm_resource_group.this.id
}

resource "azurerm_role_assignment" "bootstrap_identity" {
  for_each             = var.bootstrappers
  principal_id         = each.value
  role_definition_name = "Managed Identity Operator"
  scope                = azurerm_user_assigned_identity.jobs.id
}

resource "azurerm_role_assignment" "deploy_science" {
  for_each             = var.deployers
  principal_id         = each.value
  role_definition_name = "AzureML Data Scientist"
  scope                = azurerm_machine_learning_workspace.this.id
}

resource "azurerm_role_assignment" "deploy_compute" {
  for_each             = var.deployers
  principal_id         = each.value
  role_definition_name = "AzureML Compute Operator"
  scope                = azurerm_machine_learning_workspace.this.id
}

resource "azurerm_role_assignment" "deploy_lake" {
  for_each             = var.deployers
  principal_id         = each.value
  role_definition_name = "Storage Blob Data Contributor"
  scope                = azurerm_storage_account.lake.id
}

resource "azurerm_role_assignment" "deploy_workspace_storage" {
  for_each             = var.deployers
  principal_id         = each.value
  role_definition_name = "Storage Blob Data Contributor"
  scope                = azurerm_storage_account.workspace.id
}

resource "azurerm_role_assignment" "jobs_lake_data" {
  principal_id         = azurerm_user_assigned_identity.jobs.principal_id
  role_definition_name = "Storage Blob Data Contributor"
  scope                = azurerm_storage_account.lake.id
}

resource "azurerm_role_assignment" "jobs_lake" {
  principal_id         = azurerm_user_assigned_identity.jobs.principal_id
  role_definition_name = "Contributor"
  scope                = azurerm_storage_account.lake.id
}

resource "azurerm_role_assignment" "jobs_workspace" {
  principal_id         = azurerm_user_assigned_identity.jobs.principal_id
  role_definition_name = "AzureML Data Scientist"
  scope                = azurerm_machine_learning_workspace.this.id
}

resource "azurerm_role_assignment" "jobs_workspace_storage" {
  principal_id         = azurerm_user_assigned_identity.jobs.principal_id
  role_definition_name = "Storage Blob Data Contributor"
  scope                = azurerm_storage_account.workspace.id
}

resource "azurerm_role_assignment" "jobs_registry" {
  principal_id         = azurerm_user_assigned_identity.jobs.principal_id
  role_definition_name = "AcrPull"
  scope                = azurerm_container_registry.this.id
}

resource "azurerm_role_assignment" "workspace_lake" {
  principal_id         = azurerm_machine_learning_workspace.this.identity[0].principal_id
  role_definition_name = "Storage Blob Data Contributor"
  scope                = azurerm_storage_account.lake.id
}

resource "azurerm_synapse_role_assignment" "workspace_synapse" {
  count                = var.synapse ? 1 : 0
  principal_id         = azurerm_machine_learning_workspace.this.identity[0].principal_id
  principal_type       = "ServicePrincipal"
  role_name            = "Synapse Administrator"
  synapse_workspace_id = azurerm_synapse_workspace.this[0].id
}
