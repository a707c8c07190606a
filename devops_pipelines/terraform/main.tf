# The target's resource group, and what everything in it shares.
terraform {
  required_version = ">= 1.9"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.2" # with which it was validated and tested
    }
  }
  backend "azurerm" {
    use_azuread_auth = true # the rest stands in <target>.backend
  }
}

provider "azurerm" {
  subscription_id     = var.subscription_id
  storage_use_azuread = true # the lake refuses account keys
  # azurerm registers none by itself, and an empty subscription has hardly any
  resource_providers_to_register = local.services
  features {}
}

data "azurerm_client_config" "current" {}

locals {
  name = "${var.project}-${var.target}"
  services = concat(
    [ # spelled as Azure lists them: another spelling is passed over without a word
      "Microsoft.ContainerRegistry",
      "Microsoft.KeyVault",
      "Microsoft.MachineLearningServices",
      "Microsoft.ManagedIdentity",
      "Microsoft.OperationalInsights",
      "Microsoft.Storage",
      "microsoft.insights",
      "Microsoft.Cdn", # and the next: managed online endpoints ask for both
      "Microsoft.PolicyInsights",
    ],
    var.synapse ? ["Microsoft.Synapse", "Microsoft.Sql"] : [], # a Synapse workspace has a SQL server
  )
  tags = merge(var.tags, { project = var.project, target = var.target, made_by = "terraform" })
}

resource "azurerm_resource_group" "this" {
  name     = "rg-${local.name}"
  location = var.location
  tags     = local.tags
}

resource "azurerm_user_assigned_identity" "jobs" {
  name                = "id-${local.name}-jobs"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}
