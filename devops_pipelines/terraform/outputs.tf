# What is pasted elsewhere, each as the lines of its file: terraform output -raw NAME
locals {
  variables = {
    AZURE_SUBSCRIPTION_ID = data.azurerm_client_config.current.subscription_id
    AZURE_TENANT_ID       = data.azurerm_client_config.current.tenant_id
    JOBS_CLIENT_ID        = azurerm_user_assigned_identity.jobs.client_id
    JOBS_IDENTITY_ID      = azurerm_user_assigned_identity.jobs.id
    SYNAPSE_POOL_ID       = one(azurerm_synapse_spark_pool.this[*].id) # none without a pool
  }
}

output "target" {
  description = "The lines of conf/targets/TARGET.yml that say what was made; its spark and identity stay."
  value       = <<-EOT
    lake: abfss://${azurerm_storage_container.lake.name}@${azurerm_storage_account.this["lake"].name}.dfs.core.windows.net
    workspace:
      subscription_id: $${AZURE_SUBSCRIPTION_ID}
      resource_group: ${azurerm_resource_group.this.name}
      name: ${azurerm_machine_learning_workspace.this.name}
      location: ${azurerm_resource_group.this.location}
    endpoints:
      batch: ${local.name}-batch
      online: ${local.name}-online
  EOT
}

output "dotenv" {
  description = "The lines of .env."
  value       = join("", [for name, value in local.variables : "${name}=${value}\n" if value != null])
}

output "variables" {
  description = "The lines of devops_pipelines/variables/TARGET.yml, beside those that say who signs in and where agents run."
  value       = join("", [for name, value in local.variables : "  ${name}: ${value}\n" if value != null])
}
