"""What only sweeps have: a job's lists and camelCase, a node's snake_case, both as a file."""

from __future__ import annotations

import pytest

from aml_pipelines.workspace.assets.code import Sources
from aml_pipelines.workspace.jobs.sweeps import sweep_fields
from aml_pipelines.workspace.jobs.translate import pipeline_documents

SOURCES = Sources(component=lambda _: {"type": "command"}, code=lambda _: "/uploads/try")


def test_a_sweep_job_is_a_pipeline_of_one_node_with_its_trial_inline() -> None:
    job = {
        "jobType": "Sweep",
        "trial": {
            "codeId": "codes/c/versions/1",
            "environmentId": "azureml:e:1",
            "command": "try ${{search_space.rate}}",
            "environmentVariables": {"A": "b"},
        },
        "searchSpace": {
            "rate": ["loguniform", [-3, -1]],
            "step": ["quniform", [0, 1, 0.1]],
            "depth": ["randint", [8]],
            "shape": ["choice", [["round", 2]]],
        },
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "rule": "sobol", "seed": 3},
        "objective": {"goal": "maximize", "primaryMetric": "auc"},
        "limits": {
            "jobLimitsType": "Sweep",
            "maxTotalTrials": 4,
            "maxConcurrentTrials": 2,
            "timeout": "PT2M",
            "trialTimeout": "PT1M",
        },
        "earlyTermination": {
            "policyType": "TruncationSelection",
            "truncationPercentage": 20,
            "evaluationInterval": 0,
            "delayEvaluation": 3,
        },
        "computeId": "serverless",
    }

    assert pipeline_documents(job, SOURCES)["pipeline.yml"]["jobs"] == {
        "sweep": {
            "type": "sweep",
            "trial": {
                "code": "/uploads/try",
                "environment": "azureml:e:1",
                "command": "try ${{search_space.rate}}",
                "environment_variables": {"A": "b"},
            },
            "search_space": {
                "rate": {"type": "loguniform", "min_value": -3, "max_value": -1},
                "step": {"type": "quniform", "min_value": 0, "max_value": 1, "q": 0.1},
                "depth": {"type": "randint", "upper": 8},
                "shape": {"type": "choice", "values": ["round", 2]},
            },
            "sampling_algorithm": {"type": "Random", "rule": "sobol", "seed": 3},
            "objective": {"goal": "maximize", "primary_metric": "auc"},
            "limits": {
                "max_total_trials": 4,
                "max_concurrent_trials": 2,
                "timeout": 120.0,
                "trial_timeout": 60.0,
            },
            "early_termination": {
                "type": "TruncationSelection",
                "truncation_percentage": 20,
                "evaluation_interval": 0,
                "delay_evaluation": 3,
            },
            "compute": "serverless",
        }
    }


def test_a_sweep_node_names_the_component_of_its_trial() -> None:
    node = {
        "type": "sweep",
        "trial": {"componentId": "components/try/versions/1"},
        "search_space": {"depth": {"type": "choice", "values": [1, 2]}},
        "sampling_algorithm": "grid",
        "objective": {"goal": "minimize", "primary_metric": "loss"},
        "limits": {"max_total_trials": 2, "timeout": 100},
        "early_termination": {"policy_type": "Bandit", "slack_amount": 1.0},
    }
    job = {"jobType": "Pipeline", "jobs": {"look": node}}

    files = pipeline_documents(job, SOURCES)
    assert files["components/look.yml"] == {"type": "command", "inputs": {}}
    assert files["pipeline.yml"]["jobs"] == {
        "look": {
            **{key: node[key] for key in ("type", "search_space", "sampling_algorithm", "limits")},
            "objective": {"goal": "minimize", "primary_metric": "loss"},
            "early_termination": {"type": "Bandit", "slack_amount": 1.0},
            "trial": "./components/look.yml",
        }
    }


@pytest.mark.parametrize("owner", [{}, {"searchSpace": {}}, {"jobType": "Command"}])
def test_what_has_no_search_space_is_no_sweep(owner: dict[str, object]) -> None:
    assert sweep_fields(owner) == {}
