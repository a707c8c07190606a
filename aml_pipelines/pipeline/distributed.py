"""How many processes a distributed command is, as its YAML states it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aml_pipelines.pipeline.spec import Component
    from aml_pipelines.pipeline.yaml_lines import Fields

PYTORCH, TENSORFLOW, MPI, RAY = "pytorch", "tensorflow", "mpi", "ray"
_PER_INSTANCE = "process_count_per_instance"
DISTRIBUTIONS = {
    PYTORCH: (_PER_INSTANCE,),
    TENSORFLOW: ("worker_count", "parameter_server_count"),
    MPI: (_PER_INSTANCE,),
    RAY: (
        *("port", "address", "include_dashboard", "dashboard_port"),
        *("head_node_additional_args", "worker_node_additional_args"),
    ),
}


@dataclass(frozen=True)
class Distributed:
    """The processes of a command: so many on each instance, or TensorFlow's two kinds of them.

    Without a number of `workers` TensorFlow has one for each instance, as in Azure.
    """

    framework: str
    instances: int = 1
    per_instance: int = 1
    workers: int = 0
    parameter_servers: int = 0

    @property
    def size(self) -> int:
        """The number of all processes."""
        if self.framework == TENSORFLOW:
            return (self.workers or self.instances) + self.parameter_servers
        return self.instances * self.per_instance


def distributed_code(component: Component) -> Distributed | None:
    """Return how a command is distributed; None for one that is a single process."""
    return component.own if isinstance(component.own, Distributed) else None


def read_distributed(fields: Fields, before: Distributed | None) -> Distributed | None:
    """Return the distribution in `fields`, on the instances that its resources ask for.

    `before` is that of the component, of which a job may state another one, or other instances.
    """
    stated = fields.mapping("distribution")
    if not stated.entries:
        return _on(before, _instances(fields) or before.instances) if before else None
    framework = stated.text("type").lower()
    says = f"distribution is of type {stated.text('type')!r}"
    if not stated.check_word("type", framework, DISTRIBUTIONS, says):
        return None
    stated.only(("type", *DISTRIBUTIONS[framework]), f"{framework} distribution")
    if framework == RAY:
        stated.problems.add(
            stated.place_of("type"), "distribution 'ray' needs a Ray cluster, which is not run here"
        )
        return None
    return _on(
        Distributed(
            framework,
            per_instance=stated.whole(_PER_INSTANCE, minimum=1) or 1,
            workers=stated.whole("worker_count", minimum=1) or 0,
            parameter_servers=stated.whole("parameter_server_count", minimum=0) or 0,
        ),
        _instances(fields) or (before.instances if before else 1),
    )


def _on(distributed: Distributed, instances: int) -> Distributed:
    return dataclasses.replace(distributed, instances=instances)


def _instances(fields: Fields) -> int | None:
    return fields.mapping("resources").whole("instance_count", minimum=1)
