# The role assignments of docs/azure.md, row by row, and no others.
locals {
  who = { # by names that stand before anything is made
    bootstrappers = var.bootstrappers
    deployers     = var.deployers
    jobs          = { jobs = azurerm_user_assigned_identity.jobs.principal_id }
    workspace     = { workspace = azurerm_machine_learning_workspace.this.identity[0].principal_id }
  }

  where = {
    group             = azurerm_resource_group.this.id
    jobs              = azurerm_user_assigned_identity.jobs.id
    workspace         = azurerm_machine_learning_workspace.this.id
    lake              = azurerm_storage_account.this["lake"].id
    workspace_storage = azurerm_storage_account.this["workspace"].id
    registry          = azurerm_container_registry.this.id
  }

  roles = [
    { who = "bootstrappers", role = "Contributor", where = "group" },
    { who = "bootstrappers", role = "Managed Identity Operator", where = "jobs" },
    { who = "deployers", role = "AzureML Data Scientist", where = "workspace" },
    { who = "deployers", role = "AzureML Compute Operator", where = "workspace" },
    { who = "deployers", role = "Storage Blob Data Contributor", where = "lake" },
    { who = "deployers", role = "Storage Blob Data Contributor", where = "workspace_storage" },
    { who = "deployers", role = "Managed Identity Operator", where = "jobs" },
    { who = "jobs", role = "Storage Blob Data Contributor", where = "lake" },
    { who = "jobs", role = "Contributor", where = "lake" },
    { who = "jobs", role = "AzureML Data Scientist", where = "workspace" },
    { who = "jobs", role = "Storage Blob Data Contributor", where = "workspace_storage" },
    { who = "jobs", role = "AcrPull", where = "registry" },
    { who = "workspace", role = "Storage Blob Data Contributor", where = "lake" },
  ]
}

resource "azurerm_role_assignment" "this" {
  for_each = merge([
    for row in local.roles : {
      for name, principal in local.who[row.who] :
      "${row.who} ${name}: ${row.role} on ${row.where}" => merge(row, { principal = principal })
    }
  ]...)
  principal_id         = each.value.principal
  role_definition_name = each.value.role
  scope                = local.where[each.value.where]
}

resource "azurerm_synapse_role_assignment" "jobs" {
  count                = var.synapse ? 1 : 0
  principal_id         = azurerm_user_assigned_identity.jobs.principal_id
  principal_type       = "ServicePrincipal"
  role_name            = "Synapse Administrator"
  synapse_workspace_id = azurerm_synapse_workspace.this[0].id

  depends_on = [azurerm_synapse_firewall_rule.this] # it is the Synapse workspace that is asked, not Azure
}
