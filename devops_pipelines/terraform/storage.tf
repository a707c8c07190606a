# The lake, and the account in which the workspace keeps what is its own.
resource "azurerm_storage_account" "this" {
  #checkov:skip=CKV_AZURE_59:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV_AZURE_33:no queue is used
  #checkov:skip=CKV2_AZURE_33:agents and the studio reach it over the public network, by identity alone; private links are a landing zone's
  #checkov:skip=CKV2_AZURE_1:Microsoft's keys encrypt it; a key of one's own is a team's policy
  for_each = {
    lake      = { name = var.lake_account, folders = true }
    workspace = { name = "${var.lake_account}ws", folders = false } # a workspace's own account can have none
  }
  name                              = each.value.name
  resource_group_name               = azurerm_resource_group.this.name
  location                          = azurerm_resource_group.this.location
  account_tier                      = "Standard"
  account_replication_type          = var.replication
  account_kind                      = "StorageV2"
  is_hns_enabled                    = each.value.folders
  shared_access_key_enabled         = false
  local_user_enabled                = false
  allow_nested_items_to_be_public   = false
  infrastructure_encryption_enabled = true
  default_to_oauth_authentication   = true
  min_tls_version                   = "TLS1_2"
  tags                              = local.tags

  blob_properties {
    delete_retention_policy {
      days = 7
    }
    container_delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_container" "lake" {
  #checkov:skip=CKV2_AZURE_21:reads are logged where a team's policy says so; they cost by the gigabyte
  name                  = "lake"
  storage_account_id    = azurerm_storage_account.this["lake"].id
  container_access_type = "private"
}
