"""The variables of a distributed command's processes, by Azure's names."""

from __future__ import annotations

import json

from aml_pipelines.execution.distributed import rank_variables
from aml_pipelines.pipeline.distributed import Distributed


def test_pytorch_counts_ranks_over_all_instances_and_local_ranks_within_one() -> None:
    variables = rank_variables(Distributed("pytorch", instances=2, per_instance=2), [1234])
    assert variables[3] == {
        "AZUREML_NODE_COUNT": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "1234",
        "WORLD_SIZE": "4",
        "RANK": "3",
        "NODE_RANK": "1",
        "LOCAL_RANK": "1",
    }
    names = ("RANK", "NODE_RANK", "LOCAL_RANK")
    ranks = [tuple(own[name] for name in names) for own in variables]
    assert ranks == [("0", "0", "0"), ("1", "0", "1"), ("2", "1", "0"), ("3", "1", "1")]


def test_mpi_has_open_mpis_names() -> None:
    variables = rank_variables(Distributed("mpi", instances=1, per_instance=2), [1234])
    assert [own["OMPI_COMM_WORLD_RANK"] for own in variables] == ["0", "1"]
    assert variables[1] == {
        "AZUREML_NODE_COUNT": "1",
        "OMPI_COMM_WORLD_SIZE": "2",
        "OMPI_COMM_WORLD_RANK": "1",
        "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
        "OMPI_COMM_WORLD_LOCAL_RANK": "1",
        "OMPI_COMM_WORLD_NODE_RANK": "1",
        "AZ_BATCHAI_MPI_MASTER_NODE": "127.0.0.1",
        "AZ_BATCH_MASTER_NODE": "127.0.0.1:1234",
    }


def test_tensorflow_has_a_worker_for_each_instance_and_its_parameter_servers_after_them() -> None:
    distributed = Distributed("tensorflow", instances=2, parameter_servers=1)
    configs = [json.loads(own["TF_CONFIG"]) for own in rank_variables(distributed, [1, 2, 3])]
    assert [config["task"] for config in configs] == [
        {"type": "worker", "index": 0},
        {"type": "worker", "index": 1},
        {"type": "ps", "index": 0},
    ]
    assert configs[2]["cluster"] == {
        "worker": ["127.0.0.1:1", "127.0.0.1:2"],
        "ps": ["127.0.0.1:3"],
    }


def test_tensorflows_workers_can_be_more_than_instances() -> None:
    distributed = Distributed("tensorflow", instances=2, workers=3)
    (config, *_) = [json.loads(own["TF_CONFIG"]) for own in rank_variables(distributed, [1, 2, 3])]
    assert config["cluster"] == {"worker": ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]}
