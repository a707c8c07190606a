project         = "mlpipelines" # choose your own: names with it exist once in all of Azure
target          = "prod"
subscription_id = "00000000-0000-0000-0000-000000000000"
lake_account    = "examplelakeprod"
replication     = "ZRS"
cluster_size    = "STANDARD_DS3_V2"
cluster_nodes   = 8
deployers       = {}
bootstrappers   = {}
tags            = { owner = "data-platform" }
