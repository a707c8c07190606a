"""The processes of a distributed command on this machine, with the variables that Azure sets."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.pipeline.distributed import MPI, PYTORCH, TENSORFLOW
from aml_pipelines.processes import LOOPBACK, listen, require_success

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.distributed import Distributed
    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.processes import Child

_POLL_SECONDS = 0.05
_OTHER_LOGS = "std_log_process_*.txt"


def other_logs(log: Path) -> list[Path]:
    """Return the logs of the processes of a node but the first, whose log is `log`, the node's."""
    found = log.parent.glob(_OTHER_LOGS)
    return sorted(found, key=lambda file: int(file.stem.rpartition("_")[2]))


def rank_variables(distributed: Distributed, ports: Sequence[int]) -> list[dict[str, str]]:
    """Return the variables of each process, in the order of their ranks.

    `ports` are free ones: one for each process of TensorFlow, and one for the others together.
    """
    of_framework = {PYTORCH: _pytorch, MPI: _mpi, TENSORFLOW: _tensorflow}
    variables = of_framework[distributed.framework](distributed, ports)
    nodes = {"AZUREML_NODE_COUNT": str(distributed.instances)}
    return [{**nodes, **own} for own in variables]


def _pytorch(distributed: Distributed, ports: Sequence[int]) -> list[dict[str, str]]:
    return [
        {
            "MASTER_ADDR": LOOPBACK,
            "MASTER_PORT": str(ports[0]),
            "WORLD_SIZE": str(distributed.size),
            "RANK": str(rank),
            "NODE_RANK": str(rank // distributed.per_instance),
            "LOCAL_RANK": str(rank % distributed.per_instance),
        }
        for rank in range(distributed.size)
    ]


def _mpi(distributed: Distributed, ports: Sequence[int]) -> list[dict[str, str]]:
    return [
        {
            "OMPI_COMM_WORLD_SIZE": str(distributed.size),
            "OMPI_COMM_WORLD_RANK": str(rank),
            "OMPI_COMM_WORLD_LOCAL_SIZE": str(distributed.per_instance),
            "OMPI_COMM_WORLD_LOCAL_RANK": str(rank % distributed.per_instance),
            # Open MPI's name for the rank among the processes of one node, as in Azure.
            "OMPI_COMM_WORLD_NODE_RANK": str(rank % distributed.per_instance),
            "AZ_BATCHAI_MPI_MASTER_NODE": LOOPBACK,
            "AZ_BATCH_MASTER_NODE": f"{LOOPBACK}:{ports[0]}",
        }
        for rank in range(distributed.size)
    ]


def _tensorflow(distributed: Distributed, ports: Sequence[int]) -> list[dict[str, str]]:
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    servers = distributed.parameter_servers
    workers = distributed.size - servers
    # Workers first: the first process is the first worker, whose log is the node's.
    cluster = {"worker": addresses[:workers]}
    if servers:
        cluster["ps"] = addresses[workers:]
    tasks = [(kind, index) for kind, members in cluster.items() for index in range(len(members))]
    return [
        {
            "TF_CONFIG": json.dumps(
                {
                    "cluster": cluster,
                    "task": {"type": kind, "index": index},
                    "environment": "cloud",
                }
            )
        }
        for kind, index in tasks
    ]


def run_distributed(
    arguments: Sequence[str],
    distributed: Distributed,
    node: PlannedNode,
    place: Workplace,
    context: RunContext,
) -> None:
    """Run all processes of a node to their ends; the first that fails ends the others.

    Raises NodeFailedError, also when they take too long. Parameter servers end with the workers.
    """
    if context.in_foreground:
        raise NodeFailedError(
            f"is {distributed.size} processes, which do not share a terminal: "
            "debug it without its distribution"
        )
    began = time.monotonic()
    with ExitStack() as opened:
        children = [
            opened.enter_context(
                context.processes.started(
                    arguments,
                    folder=place.folder,
                    environment={**place.environment, **own},
                    log=_log(place.log, rank),
                )
            )
            for rank, own in enumerate(rank_variables(distributed, _free_ports(distributed.size)))
        ]
        awaited = children[: distributed.size - distributed.parameter_servers]
        while _are_running(awaited, children):
            time.sleep(_POLL_SECONDS)
            if node.timeout is not None and time.monotonic() - began > node.timeout:
                raise NodeFailedError(f"took longer than limits.timeout, {node.timeout:g} s")


def _are_running(awaited: Sequence[Child], children: Sequence[Child]) -> bool:
    """Return whether some of `awaited` run; raises NodeFailedError when any child has failed."""
    for rank, child in enumerate(children):
        if not child.is_running:
            try:
                require_success(child.wait())
            except NodeFailedError as error:
                raise NodeFailedError(f"{error}: process {rank} of {len(children)}") from error
    return any(child.is_running for child in awaited)


def _log(log: Path, rank: int) -> Path:
    return log.with_name(_OTHER_LOGS.replace("*", str(rank))) if rank else log


def _free_ports(count: int) -> list[int]:
    # All at once, so that no two are the same.
    with ExitStack() as opened:
        sockets = [opened.enter_context(listen()) for _ in range(count)]
        return [int(item.getsockname()[1]) for item in sockets]
