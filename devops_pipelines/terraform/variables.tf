variable "project" {
  type        = string
  description = "The word that names begin with; conf/targets says rg-PROJECT-TARGET and mlw-PROJECT-TARGET."
  default     = "mlpipelines"
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
  description = "The name of the lake's storage account, unique in all of Azure: 3 to 24 small letters and digits."
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

variable "tags" {
  type        = map(string)
  description = "Tags of every resource, beside project, target and made_by."
  default     = {}
}
