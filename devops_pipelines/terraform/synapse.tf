# A Synapse Spark pool, attached to the workspace, for targets with spark.pool; only if var.synapse.
resource "azurerm_storage_data_lake_gen2_filesystem" "synapse" {
  count              = var.synapse ? 1 : 0
  name               = "synapse"
  storage_account_id = azurerm_storage_account.this["lake"].id
}

resource "azurerm_synapse_workspace" "this" {
  #checkov:skip=CKV2_AZURE_53:the pool runs Spark alone; no SQL is served
  #checkov:skip=CKV2_AZURE_19:a network of its own would cut the pool off from Azure ML
  count                                = var.synapse ? 1 : 0
  name                                 = "syn-${local.name}"
  resource_group_name                  = azurerm_resource_group.this.name
  location                             = azurerm_resource_group.this.location
  storage_data_lake_gen2_filesystem_id = azurerm_storage_data_lake_gen2_filesystem.synapse[0].id
  azuread_authentication_only          = true
  tags                                 = local.tags

  identity {
    type = "SystemAssigned"
  }

  lifecycle {
    ignore_changes = [sql_administrator_login] # Azure makes one up, and to take it off would replace the workspace
  }
}

resource "azurerm_synapse_firewall_rule" "this" {
  for_each = {
    for name, range in {
      AllowAllWindowsAzureIps = { start = "0.0.0.0", end = "0.0.0.0" } # Azure ML is none of the workspace's own networks
      WhoeverApplies          = var.synapse_addresses
    } : name => range if var.synapse && range != null
  }
  name                 = each.key
  synapse_workspace_id = azurerm_synapse_workspace.this[0].id
  start_ip_address     = each.value.start
  end_ip_address       = each.value.end
}

resource "azurerm_synapse_spark_pool" "this" {
  count                = var.synapse ? 1 : 0
  name                 = "spark"
  synapse_workspace_id = azurerm_synapse_workspace.this[0].id
  spark_version        = "3.5"
  node_size_family     = "MemoryOptimized"
  node_size            = "Small"
  tags                 = local.tags

  auto_scale {
    min_node_count = 3
    max_node_count = 5
  }

  auto_pause {
    delay_in_minutes = 15
  }
}

resource "azurerm_machine_learning_synapse_spark" "this" {
  count                         = var.synapse ? 1 : 0
  name                          = "synapse-spark"
  location                      = azurerm_resource_group.this.location
  machine_learning_workspace_id = azurerm_machine_learning_workspace.this.id
  synapse_spark_pool_id         = azurerm_synapse_spark_pool.this[0].id
  local_auth_enabled            = false
  tags                          = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.jobs.id]
  }
}
