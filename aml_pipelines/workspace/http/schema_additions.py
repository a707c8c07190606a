"""Fields and models that the API has gained since 2023-04-01, the version of schema_source.

They are from the Go module armmachinelearning v4.0.0 (API 2024-04-01), or from the source named
beside them. Types are written as azure-mgmt-machinelearningservices writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_STORAGE_SCOPE = {"resourceGroup": "str", "subscriptionId": "str"}
_JOB = {"notificationSetting": "NotificationSetting", "queueSettings": "QueueSettings"}
# API 2024-01-01-preview, as Pulumi's azure-native SDK has it: outputs that are registered.
_REGISTERED = {
    "assetName": "str",
    "assetVersion": "str",
    "autoDeleteSetting": "AutoDeleteSetting",
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "JobBaseProperties": {"notificationSetting": "NotificationSetting"},
    "AutoMLJob": _JOB,
    "CommandJob": _JOB,
    # Resources: API 2023-08-01-preview, as the client sends them.
    "SweepJob": {**_JOB, "resources": "JobResourceConfiguration"},
    "AzureBlobDatastore": _STORAGE_SCOPE,
    "AzureDataLakeGen1Datastore": _STORAGE_SCOPE,
    "AzureDataLakeGen2Datastore": _STORAGE_SCOPE,
    "AzureFileDatastore": _STORAGE_SCOPE,
    "BatchDeploymentProperties": {"deploymentConfiguration": "BatchDeploymentConfiguration"},
    "OnlineDeploymentProperties": {"dataCollector": "DataCollector"},
    # API 2023-06-01-preview, and as recorded sessions of the service have them.
    "DataVersionBaseProperties": {
        "autoDeleteSetting": "AutoDeleteSetting",
        "intellectualProperty": "object",
        "stage": "str",
    },
    "ComponentVersionProperties": {"stage": "str", "autoDeleteSetting": "AutoDeleteSetting"},
    # As the client's models of API 2025-12-01 have them.
    "ResourceConfiguration": {"locations": "[str]", "maxInstanceCount": "int"},
    "JobResourceConfiguration": {"dockerArgsList": "[str]"},
    # The client sends a schedule's trigger where the description has a part of it.
    "Cron": {"endTime": "str", "triggerType": "str"},
    "Recurrence": {"endTime": "str", "triggerType": "str"},
    # Described as text; clients send flags too, and the service makes text of them.
    "EndpointPropertiesBase": {"properties": "{object}"},
    # As the Bicep types of workspaces/computes have them.
    "ComputeInstanceProperties": {
        "enableOSPatching": "bool",
        "enableRootAccess": "bool",
        "enableSSO": "bool",
        "idleTimeBeforeShutdown": "str",
        "releaseQuotaOnStop": "bool",
    },
    "CustomModelJobOutput": _REGISTERED,
    "MLFlowModelJobOutput": _REGISTERED,
    "MLTableJobOutput": _REGISTERED,
    "TritonModelJobOutput": _REGISTERED,
    "UriFileJobOutput": _REGISTERED,
    "UriFolderJobOutput": _REGISTERED,
    # 2.0.0b2 says text; the client sends its hash_version as a number, and Azure takes it.
    "CodeVersionProperties": {"properties": "{object}"},
}
MODELS: Mapping[str, Mapping[str, str]] = {
    "NotificationSetting": {
        "emailOn": "[EmailNotificationEnableType]",
        "emails": "[str]",
        "webhooks": "{object}",
    },
    "QueueSettings": {"jobTier": "JobTier"},
    "AutoDeleteSetting": {"condition": "AutoDeleteCondition", "value": "str"},
    "SparkJob": {
        "archives": "[str]",
        "args": "str",
        "codeId": "str",
        "conf": "{str}",
        "entry": "SparkJobEntry",
        "environmentId": "str",
        "environmentVariables": "{str}",
        "files": "[str]",
        "inputs": "{JobInput}",
        "jars": "[str]",
        "outputs": "{JobOutput}",
        "pyFiles": "[str]",
        "queueSettings": "QueueSettings",
        "resources": "SparkResourceConfiguration",
    },
    "SparkJobEntry": {"sparkJobEntryType": "str"},
    "SparkJobPythonEntry": {"sparkJobEntryType": "str", "file": "str"},
    "SparkJobScalaEntry": {"sparkJobEntryType": "str", "className": "str"},
    "SparkResourceConfiguration": {"instanceType": "str", "runtimeVersion": "str"},
    "BatchDeploymentConfiguration": {"deploymentConfigurationType": "str"},
    "BatchPipelineComponentDeploymentConfiguration": {
        "deploymentConfigurationType": "str",
        "componentId": "IdAssetReference",
        "description": "str",
        "settings": "{object}",  # described as text; the client sends flags, and Azure takes them
        "tags": "{str}",
    },
    "DataCollector": {
        "collections": "{Collection}",
        "requestLogging": "RequestLogging",
        "rollingRate": "RollingRateType",
    },
    "Collection": {
        "clientId": "str",
        "dataCollectionMode": "DataCollectionMode",
        "dataId": "str",
        "samplingRate": "float",
    },
    "RequestLogging": {"captureHeaders": "[str]"},
    # Monitors are stored and never run, so their signals are not checked.
    "CreateMonitorAction": {"actionType": "str", "monitorDefinition": "MonitorDefinition"},
    "MonitorDefinition": {
        "alertNotificationSettings": "object",
        "computeConfiguration": "object",
        "monitoringTarget": "MonitoringTarget",
        "signals": "{object}",
    },
    "MonitoringTarget": {"deploymentId": "str", "modelId": "str", "taskType": "str"},
}
EXTENDS: Mapping[str, str] = {"SparkJob": "JobBaseProperties"}
SUBTYPES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "JobBaseProperties": ("jobType", {"Spark": "SparkJob"}),
    "SparkJobEntry": (
        "sparkJobEntryType",
        {
            "SparkJobPythonEntry": "SparkJobPythonEntry",
            "SparkJobScalaEntry": "SparkJobScalaEntry",
        },
    ),
    "ScheduleActionBase": ("actionType", {"CreateMonitor": "CreateMonitorAction"}),
    "BatchDeploymentConfiguration": (
        "deploymentConfigurationType",
        {"PipelineComponent": "BatchPipelineComponentDeploymentConfiguration"},
    ),
}
ENUMS: Mapping[str, tuple[str, ...]] = {
    "JobType": ("Spark",),
    "OutputDeliveryMode": ("Direct",),
    "EmailNotificationEnableType": ("JobCancelled", "JobCompleted", "JobFailed"),
    # In both spellings: the API's, and the client's.
    "AutoDeleteCondition": (
        *("CreatedGreaterThan", "LastAccessedGreaterThan"),
        *("created_greater_than", "last_accessed_greater_than"),
    ),
    "JobTier": ("Basic", "Null", "Premium", "Spot", "Standard"),
    "DataCollectionMode": ("Disabled", "Enabled"),
    "RollingRateType": ("Day", "Hour", "Minute", "Month", "Year"),
}
