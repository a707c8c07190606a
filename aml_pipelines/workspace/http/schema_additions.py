"""Fields and models that clients send beyond the API's description, `api.json`.

The client takes what the description of its own version has lost, from older ones, and sends it by
its name on the wire. Types are written as in `api.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTPUTS = ("CustomModel", "MLFlowModel", "MLTable", "TritonModel", "UriFile", "UriFolder")
_IMAGE_TASKS = ("Classification", "ObjectDetection")
_TABLE_TASKS = ("Classification", "Forecasting", "Regression")
_TEXT_TASKS = ("TextClassification", "TextClassificationMultilabel", "TextNer")
_DATA = (
    *("DataVersionBaseProperties", "MLTableData"),
    *("UriFileDataVersion", "UriFolderDataVersion"),
)
# The client sends these back when it archives what it has read, nulls among them.
_ASSET = {
    "autoDeleteSetting": "AutoDeleteSetting",
    "intellectualProperty": "object",
    "stage": "str",
}
_OUTPUT = {"assetVersion": "str", "autoDeleteSetting": "AutoDeleteSetting"}
_IMAGE_MODEL = {"logTrainingMetrics": "str", "logValidationLoss": "str"}
_TASK = {"fixedParameters": "object", "searchSpace": "object", "sweepSettings": "object"}
_RESOURCES = {"locations": "[str]", "maxInstanceCount": "int"}
# A trigger of a job's schedule, where the description has a part of it.
_TRIGGER = {"endTime": "str", "triggerType": "str"}

FIELDS: Mapping[str, Mapping[str, str]] = {
    **{f"{kind}JobOutput": _OUTPUT for kind in _OUTPUTS},
    **dict.fromkeys(_DATA, _ASSET),
    **dict.fromkeys((*_TEXT_TASKS, *_TABLE_TASKS), _TASK),
    **{f"{task}TrainingSettings": {"trainingMode": "str"} for task in _TABLE_TASKS},
    **{f"ImageModelSettings{task}": _IMAGE_MODEL for task in _IMAGE_TASKS},
    "AutoMLJob": {
        "queueSettings": "WrittenQueueSettings",
        "resources": "WrittenResources",
        "secretsConfiguration": "object",
    },
    # Described as text; the client sends flags too, and the service makes text of them.
    "BatchEndpointProperties": {"properties": "{object}"},
    "OnlineEndpointProperties": {"properties": "{object}"},
    "BatchPipelineComponentDeploymentConfiguration": {"settings": "{object}"},
    # Described as text; the client sends its hash_version as a number.
    "CodeVersionProperties": {"properties": "{object}"},
    "CommandJob": {"parentJobName": "str"},
    "ComponentVersionProperties": _ASSET,
    "ComputeInstanceProperties": {
        "enableOSPatching": "bool",
        "enableRootAccess": "bool",
        "releaseQuotaOnStop": "bool",
    },
    "Cron": _TRIGGER,
    "CustomService": {"type": "str"},
    "DeploymentResourceConfiguration": _RESOURCES,
    "ForecastingSettings": {"featuresUnknownAtForecastTime": "[str]"},
    "JobResourceConfiguration": _RESOURCES,
    "ModelVersionProperties": {
        "allowedDeploymentTemplates": "[TemplateReference]",
        "defaultDeploymentTemplate": "TemplateReference",
        "systemMetadata": "object",
        "system_metadata": "object",
    },
    # The pipeline that runs for a monitor reads none of its signals, so they are not checked.
    "MonitorDefinition": {
        "alertNotificationSetting": "object",
        "computeConfiguration": "object",
        "signals": "{object}",
    },
    "MonitoringTarget": {"taskType": "str"},
    "NlpVerticalLimitSettings": {"maxNodes": "int", "trialTimeout": "str"},
    "RandomSamplingAlgorithm": {"logbase": "str"},
    "Recurrence": _TRIGGER,
    "RegistryProperties": {"managedResourceGroupTags": "{str}"},
    "SweepJob": {"resources": "JobResourceConfiguration"},
    "TableVerticalLimitSettings": {
        "maxNodes": "int",
        "sweepConcurrentTrials": "int",
        "sweepTrials": "int",
    },
    # An account's key, by the name of a signature.
    "WorkspaceConnectionAccountKey": {"sas": "str"},
}
MODELS: Mapping[str, Mapping[str, str]] = {
    "AutoDeleteSetting": {"condition": "AutoDeleteCondition", "value": "str"},
    "DataImport": {
        "assetName": "str",
        "dataType": "str",
        "dataUri": "str",
        "description": "str",
        "isAnonymous": "bool",
        "isArchived": "bool",
        "properties": "{str}",
        "source": "DataImportSource",
        "tags": "{str}",
    },
    "DataImportSource": {
        "connection": "str",
        "path": "str",
        "query": "str",
        "sourceType": "DataImportSourceType",
    },
    "ImportDataAction": {"actionType": "str", "dataImportDefinition": "DataImport"},
    "Ray": {
        "address": "str",
        "dashboardPort": "int",
        "distributionType": "str",
        "headNodeAdditionalArgs": "str",
        "includeDashboard": "bool",
        "port": "int",
        "workerNodeAdditionalArgs": "str",
    },
    "TemplateReference": {"assetId": "str"},
    # Of an AutoML job the client sends its own entities, by its own names.
    "WrittenQueueSettings": {"jobTier": "JobTier", "job_tier": "str", "priority": "int"},
    "WrittenResources": {
        "dockerArgs": "str",
        "docker_args": "object",
        "instanceCount": "int",
        "instance_count": "int",
        "instanceType": "str",
        "instance_type": "object",
        "locations": "[str]",
        "maxInstanceCount": "int",
        "max_instance_count": "int",
        "properties": "{object}",
        "shmSize": "str",
        "shm_size": "str",
    },
}
SUBTYPES: Mapping[str, Mapping[str, str]] = {
    "DistributionConfiguration": {"Ray": "Ray"},
    "ScheduleActionBase": {"ImportData": "ImportDataAction"},
}
ENUMS: Mapping[str, tuple[str, ...]] = {
    # In both spellings: the API's, and the client's.
    "AutoDeleteCondition": (
        *("CreatedGreaterThan", "LastAccessedGreaterThan"),
        *("created_greater_than", "last_accessed_greater_than"),
    ),
    "DataImportSourceType": ("database", "file_system"),
}
