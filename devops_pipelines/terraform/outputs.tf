# What conf/targets/<target>.yml and the variables of pipelines are filled in with.
output "lake" {
  description = "`lake` of the target."
  value       = "abfss://${azurerm_storage_container.lake.name}@${azurerm_storage_account.this["lake"].name}.dfs.core.windows.net"
}

output "resource_group" {
  description = "`workspace.resource_group` of the target."
  value       = azurerm_resource_group.this.name
}

output "name" {
  description = "`workspace.name` of the target."
  value       = azurerm_machine_learning_workspace.this.name
}

output "location" {
  description = "`workspace.location` of the target."
  value       = azurerm_resource_group.this.location
}

output "AZURE_SUBSCRIPTION_ID" {
  description = "The subscription of the target's workspace."
  value       = data.azurerm_client_config.current.subscription_id
}

output "AZURE_TENANT_ID" {
  description = "The tenant to sign in to."
  value       = data.azurerm_client_config.current.tenant_id
}

output "JOBS_CLIENT_ID" {
  description = "The client id of the identity that jobs run as."
  value       = azurerm_user_assigned_identity.jobs.client_id
}

output "JOBS_IDENTITY_ID" {
  description = "The ARM id of the identity that jobs run as."
  value       = azurerm_user_assigned_identity.jobs.id
}

output "SYNAPSE_POOL_ID" {
  description = "The ARM id of the Synapse Spark pool; empty without one."
  value       = one(azurerm_synapse_spark_pool.this[*].id)
}
