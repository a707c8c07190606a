"""Every field of the SDK's schemas is carried out or ignored for a reason, and on record."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from aml_pipelines.pipeline import mini_batches, read_ports, sweep
from aml_pipelines.pipeline.field_table import IGNORED, TOLD
from aml_pipelines.pipeline.kinds import node_kind, parallel
from aml_pipelines.pipeline.read_job import ABOUT
from aml_pipelines.pipeline.read_pipeline import FIELDS, SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "local-executor.md"
BEGIN, END = "<!-- fields: made by tests/contract/test_fields.py -->\n", "<!-- fields: end -->\n"
COMPONENT, NODE, JOB = "component", "node", "job"
# Where the SDK has the schema, and the prefix of its fields in the table.
SCHEMAS = {
    ("command", JOB): ("job.command_job.CommandJobSchema", ""),
    ("spark", JOB): ("job.spark_job.SparkJobSchema", ""),
    ("sweep", JOB): ("_sweep.sweep_job.SweepJobSchema", ""),
    ("pipeline", JOB): ("pipeline.pipeline_job.PipelineJobSchema", ""),
    ("command", NODE): ("pipeline.component_job.CommandSchema", ""),
    ("spark", NODE): ("pipeline.component_job.SparkSchema", ""),
    ("sweep", NODE): ("pipeline.component_job.SweepSchema", ""),
    ("parallel", NODE): ("pipeline.component_job.ParallelSchema", ""),
    ("command", COMPONENT): ("component.command_component.CommandComponentSchema", ""),
    ("spark", COMPONENT): ("component.spark_component.SparkComponentSchema", ""),
    ("parallel", COMPONENT): ("component.parallel_component.ParallelComponentSchema", ""),
    ("pipeline", COMPONENT): ("pipeline.pipeline_component.PipelineComponentSchema", ""),
    ("pipeline", "settings"): ("pipeline.settings.PipelineJobSettingsSchema", "settings."),
    ("command", "limits"): ("job.job_limits.CommandJobLimitsSchema", "limits."),
    ("sweep", "limits"): ("job.job_limits.SweepJobLimitsSchema", "limits."),
    ("command", "resources"): (
        "job_resource_configuration.JobResourceConfigurationSchema",
        "resources.",
    ),
    ("spark", "resources"): (
        "spark_resource_configuration.SparkResourceConfigurationSchema",
        "resources.",
    ),
    ("job", "input"): ("job.input_output_entry.DataInputSchema", "inputs."),
    ("job", "output"): ("job.input_output_entry.OutputSchema", "outputs."),
    ("component", "input"): ("component.input_output.InputPortSchema", "inputs."),
    ("component", "parameter"): ("component.input_output.ParameterSchema", "inputs."),
    ("component", "output"): ("component.input_output.OutputPortSchema", "outputs."),
    ("parallel", "task"): ("component.parallel_task.ComponentParallelTaskSchema", "task."),
    ("parallel", "retries"): ("component.retry_settings.RetrySettingsSchema", "retry_settings."),
}


def schema_fields(path: str) -> set[str]:
    module, name = path.rsplit(".", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema: Any = getattr(import_module(f"azure.ai.ml._schema.{module}"), name)
        fields = schema(context={"base_path": "."}).fields
    return {field.data_key or key for key, field in fields.items() if not field.dump_only}


def read_fields(owner: tuple[str, str]) -> set[str]:
    """Return the fields that our reader takes for one owner."""
    kind, part = owner
    if part in (JOB, NODE, COMPONENT):
        if owner == ("pipeline", JOB):
            return {*FIELDS}
        as_kind = node_kind(kind)
        own = as_kind.COMPONENT_FIELDS if part == COMPONENT else as_kind.JOB_FIELDS
        return {*own} if part == COMPONENT else {*own, *as_kind.INLINE_FIELDS, *ABOUT}
    return {
        "settings": {*SETTINGS},
        "limits": {*(sweep.LIMITS if kind == "sweep" else ("timeout",))},
        "input": {*read_ports.SETTING_FIELDS, *read_ports.INPUT_FIELDS},
        "parameter": {*read_ports.INPUT_FIELDS},
        "output": {*read_ports.SETTING_FIELDS, *read_ports.OUTPUT_FIELDS, "name", "version"},
        "task": {*parallel.TASK},
        "retries": {*mini_batches.RETRIES},
        # Any resource may be stated: those that are read, and those that the table ignores.
        "resources": {"instance_count", *_inner("resources.")},
    }[part]


def _inner(prefix: str) -> set[str]:
    return {name.removeprefix(prefix) for name in IGNORED if name.startswith(prefix)}


def table() -> str:
    """Return the table of all fields, by name."""
    owners: dict[str, list[str]] = {}
    for (kind, part), (path, prefix) in SCHEMAS.items():
        for field in schema_fields(path):
            owners.setdefault(f"{prefix}{field}", []).append(f"{kind} {part}")
    rows = ["| field | of | here |", "|---|---|---|"]
    for field in sorted(owners):
        here = f"ignored: {IGNORED[field]}" if field in IGNORED else "carried out"
        rows.append(f"| `{field}` | {', '.join(owners[field])} | {here} |")
    return "\n".join(rows) + "\n"


@pytest.mark.sdk
@pytest.mark.parametrize("owner", SCHEMAS, ids=" ".join)
def test_no_field_of_a_schema_is_unknown_here(owner: tuple[str, str]) -> None:
    assert schema_fields(SCHEMAS[owner][0]) - read_fields(owner) == set()


@pytest.mark.sdk
def test_every_field_that_is_ignored_is_one_of_a_schema() -> None:
    known = {
        f"{prefix}{field}" for path, prefix in SCHEMAS.values() for field in schema_fields(path)
    }
    assert set(IGNORED) - known == set()
    assert set(TOLD) <= set(IGNORED)


@pytest.mark.sdk
def test_the_page_has_the_table_of_fields() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    written, _, after = rest.partition(END)
    assert before
    assert after is not None
    assert written.splitlines() == table().splitlines()
