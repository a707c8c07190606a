"""AutoML: a search that Azure's service alone runs, and that a stand-in runs here if allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.automl import DATA, FIELDS, LIMITS, AutoML, read_automl
from aml_pipelines.pipeline.kind_defaults import never_reused
from aml_pipelines.pipeline.spec import JOB, JOB_COMPUTE, own_of

__all__ = ["LIMITS"]  # of a block's `limits`, as the protocol has it

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields

JOB_FIELDS = tuple(field for field in (*JOB, *JOB_COMPUTE) if field != "component")
INLINE_FIELDS = (
    *FIELDS,
    *("limits", "environment_id", "environment_variables", "queue_settings", "services"),
)
COMPONENT_KIND = "automl"
# It is bounded by time.
of_job = never_reused
JOB_TYPE = "AutoML"
DATA_FIELDS = DATA
STAND_IN = "flaml"
STAND_IN_PACKAGES = ("flaml", "lightgbm")


def automl_of(component: Component) -> AutoML:
    """Return what `read_own` has read of an AutoML job."""
    return own_of(component, AutoML)


def read_own(fields: Fields, name: str, _: Snapshot) -> AutoML:
    """Return the search that a job states."""
    return read_automl(fields, name)


def check_job(fields: Fields, name: str) -> None:
    """Report a job without training data."""
    if "training_data" not in fields.entries:
        fields.problems.add(fields.place, f"AutoML job {name!r} has no training_data")


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Report data that is no MLTable."""
    for name, bound in node.inputs.items():
        if name in DATA and bound.value is not None and bound.type != "mltable":
            problems.add(bound.place, f"{name} is a {bound.type!r}; AutoML takes an 'mltable'")


def command(component: Component, inputs: Mapping[str, str | None], _: Mapping[str, str]) -> str:
    """Return what is searched for: there is no command."""
    search = automl_of(component)
    return f"automl {search.task} of {search.target} in {inputs.get('training_data')}"
