"""Resources as users write them, each with something that the SDK sends in a way of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.integration.sdk_job_bodies import FOLDER, JOBS, Yaml, asset

if TYPE_CHECKING:
    from collections.abc import Mapping


class Written(NamedTuple):
    """YAML that the SDK's `loader` makes an entity of, which is put at `path`."""

    loader: str
    path: str
    yaml: Yaml


_STORAGE = {"account_name": "real"}
_PRINCIPAL = {"tenant_id": "t", "client_id": "c", "client_secret": "p"}
_CERTIFICATE = {"tenant_id": "t", "client_id": "c", "certificate": "x", "thumbprint": "y"}
_LAKE_HOUSE = {"artifact": {"type": "lake_house", "name": "l"}, "one_lake_workspace_name": "w"}
DATASTORES: Mapping[str, Yaml] = {
    "keyed": {
        "type": "azure_blob",
        **_STORAGE,
        "container_name": "c",
        "credentials": {"account_key": "k"},
    },
    "signed": {
        "type": "azure_blob",
        **_STORAGE,
        "container_name": "c",
        "credentials": {"sas_token": "s"},
    },
    "share": {"type": "azure_file", **_STORAGE, "file_share_name": "s"},
    "gen1": {
        "type": "azure_data_lake_gen1",
        "store_name": "s",
        "credentials": {**_PRINCIPAL, "resource_url": "https://r"},
    },
    "gen2": {
        "type": "azure_data_lake_gen2",
        **_STORAGE,
        "filesystem": "f",
        "credentials": _CERTIFICATE,
    },
    "fabric": {**_LAKE_HOUSE, "type": "one_lake", "endpoint": "e", "credentials": _PRINCIPAL},
    "fabric-bare": {**_LAKE_HOUSE, "type": "one_lake", "endpoint": "e"},
}
_CRON = {"type": "cron", "expression": "0 22 * * *", "time_zone": "UTC"}
_WEEKLY = {
    "type": "recurrence",
    "frequency": "week",
    "interval": 1,
    "time_zone": "UTC",
    "schedule": {"hours": [4], "minutes": [0], "week_days": ["monday"]},
}
COMPUTES: Mapping[str, Yaml] = {
    "cluster": {
        "type": "amlcompute",
        "size": "STANDARD_DS3_V2",
        "tier": "low_priority",
        "identity": {"type": "system_assigned"},
        "network_settings": {"vnet_name": "v", "subnet": "s"},
        "ssh_public_access_enabled": True,
        "ssh_settings": {"admin_username": "u", "ssh_key_value": "k"},
        "enable_node_public_ip": False,
    },
    "mine": {
        "type": "computeinstance",
        "size": "STANDARD_DS3_V2",
        "idle_time_before_shutdown_minutes": 30,
        "ssh_public_access_enabled": False,
        "create_on_behalf_of": {"user_tenant_id": "t", "user_object_id": "o"},
        "schedules": {
            "compute_start_stop": [
                {"action": "stop", "trigger": _CRON},
                {"action": "start", "trigger": _WEEKLY},
            ]
        },
        "setup_scripts": {"creation_script": {"path": "s", "command": "ls", "timeout_minutes": 5}},
        "custom_applications": [
            {
                "name": "board",
                "image": {"reference": "ubuntu"},
                "endpoints": [{"target": 8080, "published": 8080}],
                "environment_variables": {"A": "b"},
                "bind_mounts": [{"source": "/a", "target": "/b"}],
            }
        ],
    },
    "spark-pool": {
        "type": "synapsespark",
        "resource_id": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Synapse/w/p",
    },
    "cube": {
        "type": "kubernetes",
        "namespace": "n",
        "resource_id": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Kubernetes/c/k",
        "identity": {"type": "system_assigned"},
    },
    "machine": {
        "type": "virtualmachine",
        "resource_id": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Compute/v/m",
        "ssh_settings": {"admin_username": "u", "admin_password": "p", "ssh_port": 22},
    },
}
_DRIFT: Yaml = {
    "type": "data_drift",
    "production_data": {
        "input_data": FOLDER,
        "data_context": "model_inputs",
        "data_window": {"lookback_window_size": "P7D", "lookback_window_offset": "P0D"},
    },
    "reference_data": {
        "input_data": FOLDER,
        "data_context": "training",
        "data_window": {"window_start": "2026-01-01", "window_end": "2026-02-01"},
    },
    "metric_thresholds": {"numerical": {"jensen_shannon_distance": 0.1}},
    "features": {"top_n_feature_importance": 3},
}
_MONITOR: Yaml = {
    "compute": {"instance_type": "standard_e4s_v3", "runtime_version": "3.4"},
    "monitoring_signals": {"drift": _DRIFT},
    "alert_notification": {"emails": ["a@b.c"]},
}
_IMPORT: Yaml = {
    "name": "imported",
    "path": "azureml://datastores/lake/paths/imported",
    "type": "mltable",
    "source": {"type": "database", "query": "select 1", "connection": "azureml:c"},
}
SCHEDULES: Mapping[str, Yaml] = {
    "nightly": {"trigger": _CRON, "create_job": {"type": "pipeline", "job": "azureml:pipeline"}},
    "weekly": {"trigger": _WEEKLY, "create_job": {"type": "pipeline", "job": "azureml:pipeline"}},
    "monitor": {"trigger": _CRON, "create_monitor": _MONITOR},
    "monitor-alerting": {
        "trigger": _CRON,
        "create_monitor": {**_MONITOR, "alert_notification": "azmonitoring"},
    },
    "import": {"trigger": _CRON, "import_data": _IMPORT},
}
_PROBE = {"initial_delay": 10, "period": 10, "timeout": 2, "failure_threshold": 3}
_ONLINE: Yaml = {
    "endpoint_name": "ends",
    "model": asset("models", "model"),
    "environment": asset("environments", "image"),
    "code_configuration": {"code": asset("codes", "c"), "scoring_script": "score.py"},
    "request_settings": {"request_timeout_ms": 3000, "max_concurrent_requests_per_instance": 1},
    "liveness_probe": _PROBE,
    "readiness_probe": _PROBE,
    "instance_count": 1,
    "instance_type": "Standard_DS3_v2",
}
_COLLECTED = {"collections": {"model_inputs": {"enabled": "true"}}}
DEPLOYMENTS: Mapping[str, Yaml] = {
    "managed": {
        **_ONLINE,
        "egress_public_network_access": "disabled",
        "data_collector": {**_COLLECTED, "rolling_rate": "hour", "sampling_rate": 0.5},
    },
    "scaled": {
        **_ONLINE,
        "type": "kubernetes",
        "scale_settings": {"type": "target_utilization", "min_instances": 1, "max_instances": 2},
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}},
    },
}
_BATCH: Yaml = {
    "endpoint_name": "batches",
    "compute": "azureml:cluster",
    "model": asset("models", "model"),
}
BATCHES: Mapping[str, tuple[str, Yaml]] = {
    "model": (
        "model_batch_deployment",
        {
            **_BATCH,
            "type": "model",
            "environment": asset("environments", "image"),
            "code_configuration": {"code": asset("codes", "c"), "scoring_script": "score.py"},
            "resources": {"instance_count": 2},
            "settings": {
                "mini_batch_size": 2,
                "output_action": "append_row",
                "retry_settings": {"max_retries": 1, "timeout": 30},
            },
        },
    ),
    "steps": (
        "pipeline_component_batch_deployment",
        {
            "endpoint_name": "batches",
            "type": "pipeline",
            "component": asset("components", "say"),
            "settings": {"continue_on_step_failure": True, "default_compute": "azureml:cluster"},
        },
    ),
}
_DELETED = {"condition": "created_greater_than", "value": "7d"}
_TEMPLATE = {"asset_id": "azureml://registries/r/deploymentTemplates/t/versions/1"}
ASSETS: Mapping[str, tuple[str, str, Yaml]] = {
    "folder": ("data", "data/folder/versions/1", {**FOLDER, "auto_delete_setting": _DELETED}),
    "image": (
        "environment",
        "environments/image/versions/1",
        {
            "image": "ubuntu",
            "conda_file": {"dependencies": ["python=3.11"]},
            "inference_config": {
                kind: {"port": 5001, "path": f"/{kind}"}
                for kind in ("liveness_route", "readiness_route", "scoring_route")
            },
            "os_type": "linux",
        },
    ),
    "model": (
        "model",
        "models/model/versions/1",
        {
            "path": "azureml://datastores/lake/paths/models/late",
            "type": "custom_model",
            "stage": "Production",
            "flavors": {"python_function": {"loader": "l"}},
        },
    ),
    "templated": (
        "model",
        "models/templated/versions/1",
        {
            "path": "azureml://datastores/lake/paths/models/late",
            "type": "custom_model",
            "default_deployment_template": _TEMPLATE,
            "properties": {"a": 1},
        },
    ),
}
ENDPOINTS: Mapping[str, tuple[str, Yaml]] = {
    "onlineEndpoints/ends": (
        "online_endpoint",
        {"auth_mode": "aad_token", "public_network_access": "disabled"},
    ),
    "onlineEndpoints/cubed": (
        "online_endpoint",
        {"auth_mode": "key", "compute": "azureml:cube", "traffic": {}},
    ),
    "batchEndpoints/batches": (
        "batch_endpoint",
        {"auth_mode": "aad_token", "defaults": {}},
    ),
}


def written() -> dict[str, Written]:
    """Return all of these by the paths at which they are put, in an order that can be kept."""
    found = {}
    for name, (loader, path, yaml) in ASSETS.items():
        found[path] = Written(loader, path, {"name": name, "version": "1", **yaml})
    for path, (loader, yaml) in ENDPOINTS.items():
        found[path] = Written(loader, path, {"name": path.rpartition("/")[2], **yaml})
    of_one_loader = {
        "job": ("jobs", JOBS),
        "datastore": ("datastores", DATASTORES),
        "compute": ("computes", COMPUTES),
        "schedule": ("schedules", SCHEDULES),
        "online_deployment": ("onlineEndpoints/ends/deployments", DEPLOYMENTS),
    }
    for loader, (folder, yamls) in of_one_loader.items():
        for name, yaml in yamls.items():
            path = f"{folder}/{name}"
            found[path] = Written(loader, path, {"name": name, **yaml})
    for name, (loader, yaml) in BATCHES.items():
        path = f"batchEndpoints/batches/deployments/{name}"
        found[path] = Written(loader, path, {"name": name, **yaml})
    return found
