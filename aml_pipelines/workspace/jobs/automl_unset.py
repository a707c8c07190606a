"""The fields that an AutoML job's body did not give, as the service answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.fields import mapping, mapping_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.workspace.http.fields import JsonObject

# Of a search over a table, for whatever task.
_TABLE: Mapping[str, object] = {
    **dict.fromkeys(("sweepSettings", "fixedParameters", "searchSpace", "featurizationSettings")),
    **dict.fromkeys(("nCrossValidations", "cvSplitColumnNames", "weightColumnName")),
    **dict.fromkeys(("validationData", "testData", "validationDataSize", "testDataSize")),
}
_OF_TASK: Mapping[str, JsonObject] = {"classification": {"positiveLabel": None}}
_LIMITS: Mapping[str, object] = {"maxNodes": 1, "maxCoresPerTrial": -1, "exitScore": None}
_TRAINING: Mapping[str, object] = {
    **dict.fromkeys(("allowedTrainingAlgorithms", "blockedTrainingAlgorithms")),
    "stackEnsembleSettings": None,
    "enableOnnxCompatibleModels": False,
    "enableDnnTraining": False,
    "enableModelExplainability": True,
    "ensembleModelDownloadTimeout": "PT5M",
    "trainingMode": "Auto",
}
_DATA = ("trainingData", "validationData", "testData")


def task_details(
    details: JsonObject, complete: Callable[[JsonObject], dict[str, object]]
) -> dict[str, object]:
    """Return the details of a search with every field; `complete` fills in one input's."""
    task = str(details.get("taskType")).lower()
    data = {name: complete(mapping(details[name])) for name in _DATA if details.get(name)}
    return {
        **_TABLE,
        **_OF_TASK.get(task, {}),
        **details,
        **data,
        "limitSettings": {**_LIMITS, **mapping_in(details, "limitSettings")},
        "trainingSettings": {**_TRAINING, **mapping_in(details, "trainingSettings")},
    }
