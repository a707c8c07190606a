"""Bodies that the SDK makes of its own entities: each is taken, or refused for what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.integration.sdk_bodies import written
from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk

PUT_ALL = """
import io
from azure.ai.ml.entities import _load_functions as load
from azure.ai.ml._restclient.arm_ml_service._utils.model_base import SdkJSONEncoder
from tests.integration.sdk_bodies import written

def body_of(entity):
    entity = entity._to_job() if hasattr(entity, "_to_job") else entity
    for name in ("_to_rest_online_endpoint", "_to_rest_batch_endpoint"):
        if hasattr(entity, name):
            return getattr(entity, name)("local")
    place = {"location": "local"} if hasattr(entity, "endpoint_name") else {}
    return entity._to_rest_object(**place)

ml.components.create_or_update(load_component(write("say.yml", json.dumps({
    "type": "command", "name": "say", "version": "1", "environment": {"image": "ubuntu"},
    "command": "ls"}))))
told = {}
for name, (loader, path, yaml) in written().items():
    entity = getattr(load, f"load_{loader}")(io.StringIO(json.dumps(yaml)))
    body = json.dumps(body_of(entity), cls=SdkJSONEncoder, exclude_readonly=True)
    status, answer = put(path, json.loads(body))
    told[name] = [status, answer.get("error", {}).get("message", "")]
tell(**told)
"""
ONLY_AZURES = "is run by Azure's service alone and is not served here"
STAND_IN = "which only Azure's service runs; add --stand-in automl=flaml"
NO_CODE = "code 'c' is not registered; there are []"
REFUSED = {
    "data/folder/versions/1": (
        400,
        "autoDeleteSetting is for data in the datastore 'workspacemanageddatastore'",
    ),
    "jobs/ray": (400, "distribution 'ray' needs a Ray cluster, which is not run here"),
    "jobs/spark": (400, NO_CODE),
    "jobs/tuning": (501, f"a job of type 'FineTuning' {ONLY_AZURES}"),
    "jobs/classification": (400, STAND_IN),
    "jobs/regression": (400, STAND_IN),
    "jobs/forecasting": (400, STAND_IN),
    "jobs/images": (501, f"an AutoML job with task 'ImageClassification' {ONLY_AZURES}"),
    "jobs/objects": (501, f"an AutoML job with task 'ImageObjectDetection' {ONLY_AZURES}"),
    "jobs/text": (501, f"an AutoML job with task 'TextClassification' {ONLY_AZURES}"),
    "onlineEndpoints/ends/deployments/managed": (404, NO_CODE),
    "onlineEndpoints/ends/deployments/scaled": (404, NO_CODE),
    "batchEndpoints/batches/deployments/model": (404, NO_CODE),
}


def test_what_the_sdk_sends_is_taken_or_refused_for_what_it_asks_for(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    (lake / "models" / "late").mkdir(parents=True)
    with workspace_with_jobs(lake) as served:
        told = cast("dict[str, tuple[int, str]]", submitting(served.env, PUT_ALL))
    assert set(told) == set(written())
    refused = {name: answer for name, answer in told.items() if answer[0] not in (200, 201)}
    assert set(refused) == set(REFUSED), refused
    for name, (status, why) in REFUSED.items():
        assert refused[name][0] == status
        assert why in refused[name][1]
