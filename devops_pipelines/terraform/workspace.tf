# The Azure ML workspace with what it needs beside it, and the cluster that command steps run on.
resource "azurerm_log_analytics_workspace" "this" {
  name                = "log-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku                 = "PerGB2018"
  retention_in_days   = 30
  tags                = local.tags
}

resource "azurerm_application_insights" "this" {
  name                = "appi-${local.name}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  workspace_id        = azurerm_log_analytics_workspace.this.id
  application_type    = "web"
  tags                = local.tags
}

resource "azurerm_key_vault" "this" {
  #checkov:skip=CKV_AZURE_109:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV_AZURE_189:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV2_AZURE_32:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  name                       = "kv-${local.name}"
  resource_group_name        = azurerm_resource_group.this.name
  location                   = azurerm_resource_group.this.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "standard"
  purge_protection_enabled   = true
  soft_delete_retention_days = 7
  rbac_authorization_enabled = true
  tags                       = local.tags
}

resource "azurerm_container_registry" "this" {
  #checkov:skip=CKV_AZURE_233:of the Premium tier
  #checkov:skip=CKV_AZURE_237:of the Premium tier
  #checkov:skip=CKV_AZURE_164:of the Premium tier
  #checkov:skip=CKV_AZURE_165:of the Premium tier
  #checkov:skip=CKV_AZURE_166:of the Premium tier
  #checkov:skip=CKV_AZURE_139:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV_AZURE_167:of the Premium tier
  #checkov:skip=CKV_AZURE_163:of Defender, which is a subscription's
  name                = replace("cr${local.name}", "-", "")
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku                 = "Basic"
  admin_enabled       = false
  tags                = local.tags
}

resource "azurerm_machine_learning_workspace" "this" {
  #checkov:skip=CKV_AZURE_144:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV2_AZURE_49:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV2_AZURE_50:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  name                          = "mlw-${local.name}"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = azurerm_resource_group.this.location
  application_insights_id       = azurerm_application_insights.this.id
  key_vault_id                  = azurerm_key_vault.this.id
  storage_account_id            = azurerm_storage_account.this["workspace"].id
  storage_account_access_type   = "Identity"
  container_registry_id         = azurerm_container_registry.this.id
  public_network_access_enabled = true
  tags                          = local.tags

  identity { # serverless Spark can use no identity that is not the workspace's too
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.jobs.id]
  }
}

resource "azurerm_machine_learning_compute_cluster" "cpu" {
  name                          = "cpu-cluster"
  location                      = azurerm_resource_group.this.location
  machine_learning_workspace_id = azurerm_machine_learning_workspace.this.id
  vm_priority                   = "Dedicated"
  vm_size                       = var.cluster_size
  local_auth_enabled            = false
  tags                          = local.tags

  scale_settings {
    min_node_count                       = 0
    max_node_count                       = var.cluster_nodes
    scale_down_nodes_after_idle_duration = "PT600S"
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.jobs.id]
  }
}
