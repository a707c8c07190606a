project         = "mlpipelines" # choose your own: names with it exist once in all of Azure
target          = "dev"
subscription_id = "00000000-0000-0000-0000-000000000000"
lake_account    = "examplelakedev"
replication     = "LRS"
cluster_size    = "STANDARD_DS3_V2"
cluster_nodes   = 4
deployers       = {}
bootstrappers   = {}
tags            = { owner = "data-platform" }
