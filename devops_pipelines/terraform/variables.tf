variable "project" {
  type        = string
  description = "The word in every name, such as mlw-PROJECT-TARGET; those of key vault, registry and Synapse workspace are unique in all of Azure."
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])+$", var.project))
    error_message = "project is small letters, digits and single hyphens, and begins with a letter."
  }
  validation {
    condition     = length("kv-${var.project}-${var.target}") <= 24
    error_message = "kv-${var.project}-${var.target} is longer than the 24 letters of a key vault's name; choose a shorter project."
  }
  validation {
    condition     = var.project != "mlpipelines"
    error_message = "project mlpipelines is this repository's example, and kv-mlpipelines-${var.target} exists once in all of Azure; choose your own."
  }
}

variable "target" {
  type        = string
  description = "The target in conf/targets that this is for."
  validation {
    condition     = contains(["dev", "prod"], var.target)
    error_message = "target is dev or prod."
  }
}

variable "subscription_id" {
  type        = string
  description = "The subscription that everything is made in."
}

variable "location" {
  type        = string
  description = "The Azure region of everything."
  default     = "westeurope"
}

variable "lake_account" {
  type        = string
  description = "The name of the lake's storage account, unique in all of Azure; the workspace's own has it with ws at the end."
  validation {
    condition     = can(regex("^[a-z0-9]{3,22}$", var.lake_account))
    error_message = "lake_account is 3 to 22 small letters and digits: with ws at the end it may have 24."
  }
  validation {
    condition     = !startswith(var.lake_account, "examplelake")
    error_message = "lake_account ${var.lake_account} is this repository's example; name your own."
  }
}

variable "replication" {
  type        = string
  description = "How the lake's storage is replicated, such as LRS or ZRS."
}

variable "deployers" {
  type        = map(string)
  description = "Whoever deploys, by a name of your own: object ids of people, groups or service principals."
}

variable "bootstrappers" {
  type        = map(string)
  description = "Whoever bootstraps, by a name of your own."
}

variable "cluster_size" {
  type        = string
  description = "The size of a node of cpu-cluster."
}

variable "cluster_nodes" {
  type        = number
  description = "The most nodes that cpu-cluster grows to; it shrinks to none."
}

variable "synapse" {
  type        = bool
  description = "Whether to make a Synapse workspace with a Spark pool, and attach it; serverless Spark needs none."
  default     = false
}

variable "synapse_addresses" {
  type        = object({ start = string, end = string })
  description = "The public addresses that whoever applies comes from, first and last, when synapse is true; none for an agent in Azure."
  default     = null
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource, beside project, target and made_by."
  default     = {}
}
