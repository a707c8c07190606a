"""What the service says of a pipeline's job beside what its body says."""

from __future__ import annotations

from aml_pipelines.workspace.jobs.run_properties import run_properties


def test_a_pipelines_job_has_the_services_own_properties() -> None:
    job = {
        "jobType": "Pipeline",
        "inputs": {
            "word": {"jobInputType": "literal", "value": "la"},
            "rows": {"jobInputType": "uri_folder", "uri": "azureml:rows:1"},
        },
        "settings": {"default_compute": "/subscriptions/s/computes/cpu", "force_rerun": True},
    }

    assert run_properties(job) == {
        "azureml.DevPlatv2": "true",
        "azureml.DatasetAccessMode": "Asset",
        "azureml.runsource": "azureml.PipelineRun",
        "runSource": "MFE",
        "runType": "HTTP",
        "azureml.parameters": '{"word":"la"}',
        "azureml.continue_on_step_failure": "True",
        "azureml.continue_on_failed_optional_input": "True",
        "azureml.enforceRerun": "True",
        "azureml.defaultComputeName": "cpu",
        "azureml.defaultDataStoreName": "workspaceblobstore",
        "azureml.pipelineComponent": "pipelinerun",
    }
    assert run_properties({"jobType": "Spark"}) == {}
    assert run_properties({"jobType": "Command"}) == {
        "_azureml.ComputeTargetType": "amlctrain",
        "_azureml.ClusterName": None,
    }
    assert run_properties({"jobType": "Command", "computeId": "/x/computes/cpu"}) == {
        "_azureml.ComputeTargetType": "amlctrain",
        "_azureml.ClusterName": "cpu",
    }
