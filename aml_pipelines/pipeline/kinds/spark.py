"""Spark nodes: a script with arguments, on serverless Spark, an attached pool, or this machine."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.pipeline.problems import Finding
from aml_pipelines.pipeline.serverless_spark import runtime_findings, size_findings
from aml_pipelines.pipeline.shell import placed, resolved_arguments
from aml_pipelines.pipeline.spec import CLIENT_ID, COMPONENT, JOB, JOB_COMPUTE, own_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component, Snapshot
    from aml_pipelines.pipeline.yaml_lines import Fields
    from conf.target import Target

_FILES = ("py_files", "jars", "files", "archives")
_OWN = ("entry", "args", "conf", *_FILES)
JOB_FIELDS = (*JOB, *JOB_COMPUTE, "services")
COMPONENT_FIELDS = (*COMPONENT, *_OWN)
INLINE_FIELDS = ("code", "environment", *_OWN)
COMPONENT_KIND = "spark"
JOB_TYPE = "Spark"
OVERRIDES = _OWN
TEMPLATE = "args"
# A block must state what it runs on; the target's own takes its place.
NODE_DEFAULTS: Mapping[str, object] = {
    "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"}
}
_COSTS = (
    "installs packages at every cold start, which takes 10 to 15 minutes; use what the runtime "
    "carries (environments/spark/runtime-packages.txt)"
)
ENVIRONMENT_COSTS = f"environment: a conda file on a Spark job {_COSTS}"
_CONDA = "spark.synapse.library.python.env"
_SIZES = ("spark.driver.cores", "spark.driver.memory", "spark.executor.cores")
_MANDATORY = (*_SIZES, "spark.executor.memory")
# Spark passes variables to its driver and its executors by conf alone.
_VARIABLES = (f"spark.yarn.appMasterEnv.{CLIENT_ID}", f"spark.executorEnv.{CLIENT_ID}")


@dataclass(frozen=True)
class SparkCode:
    """What only Spark components have: the script, its conf, and files that go to executors."""

    entry: str
    conf: Mapping[str, str]
    py_files: tuple[str, ...] = ()
    jars: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


def spark_code(component: Component) -> SparkCode:
    """Return what `read_own` has read of a Spark component."""
    return own_of(component, SparkCode)


def read_own(fields: Fields, _: str, snapshot: Snapshot) -> SparkCode:
    """Read the script and conf of a component; report what Azure's Spark would refuse."""
    entry = _entry_file(fields, snapshot)
    conf_fields = fields.mapping("conf")
    conf = {key: _conf_text(value.value) for key, value in conf_fields.entries.items()}
    _check_conf(conf, conf_fields)
    return SparkCode(
        entry=entry,
        conf=conf,
        py_files=fields.texts("py_files"),
        jars=fields.texts("jars"),
        files=fields.texts("files"),
        archives=fields.texts("archives"),
    )


def _entry_file(fields: Fields, snapshot: Snapshot) -> str:
    entry_fields = fields.mapping("entry")
    entry_fields.only(("file",), "entry")
    entry = entry_fields.text("file")
    if not entry:
        fields.problems.add(fields.place_of("entry"), "entry names no file; write {file: main.py}")
    elif snapshot.code and snapshot.code.is_dir() and not (snapshot.code / entry).is_file():
        fields.problems.add(
            fields.place_of("entry"), f"entry {entry!r} does not exist in {snapshot.code}"
        )
    return entry


def _conf_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_conf(conf: Mapping[str, str], fields: Fields) -> None:
    missing = [key for key in _MANDATORY if key not in conf]
    is_dynamic = conf.get("spark.dynamicAllocation.enabled") == "true"
    bounds = [f"spark.dynamicAllocation.{end}Executors" for end in ("min", "max")]
    if is_dynamic:
        missing += [key for key in bounds if key not in conf]
    elif "spark.executor.instances" not in conf:
        missing.append("spark.executor.instances")
    for key in missing:
        fields.problems.add(fields.place, f"Spark conf lacks {key!r}, which Azure needs")
    if not is_dynamic and any(key in conf for key in bounds):
        fields.problems.add(
            fields.place,
            f"Spark conf has {' or '.join(bounds)} without spark.dynamicAllocation.enabled: true",
        )


def check_job(fields: Fields, name: str) -> None:
    """Report a job that does not name exactly one of compute and resources."""
    # A pipeline's default compute is for commands: a Spark job names one of its own.
    own = [key for key in ("compute", "resources") if key in fields.entries]
    if len(own) != 1:
        fields.problems.add(
            fields.place,
            f"Spark job {name!r} has {' and '.join(own) or 'neither compute nor resources'}; "
            "it needs exactly one of compute and resources",
        )


def check_node(node: PlannedNode, problems: Problems) -> None:
    """Report modes other than direct, the only one that Spark takes."""
    for name, bound in node.inputs.items():
        if bound.port.is_data and bound.mode != "direct":
            problems.add(
                bound.place,
                f"input {name!r} of Spark job {node.name!r} has mode {bound.mode or 'ro_mount'!r}; "
                "Spark takes only 'direct'",
            )
    for output in node.outputs.values():
        if output.mode != "direct":
            problems.add(
                node.component.outputs[output.name].place,
                f"output {output.name!r} of Spark job {node.name!r} has mode "
                f"{output.mode or 'rw_mount'!r}; Spark takes only 'direct'",
            )


def arguments(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> list[str]:
    """Return the entry script and its arguments; a value is never split, whatever it holds."""
    values = resolved_arguments(component.template, placed(inputs, outputs))
    return [spark_code(component).entry, *values]


def command(
    component: Component, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str:
    """Return the line that the script and its arguments make."""
    return shlex.join(["python", *arguments(component, inputs, outputs)])


def override(component: dict[str, Any], node: Mapping[str, Any]) -> None:
    """Set script, files and conf of a component to those of a node in a request, in place.

    Conf is merged by key; everything else is the node's where it states any.
    """
    conf = {**(component.get("conf") or {}), **(node.get("conf") or {})}
    component |= {key: node[key] for key in _OWN if node.get(key) is not None}
    component["conf"] = conf


def retarget(node: dict[str, Any], component: dict[str, Any], target: Target) -> None:
    """Run the block on what the target states: serverless Spark or an attached pool."""
    if target.is_local:
        return
    node.pop("resources", None)
    node.pop("compute", None)
    if target.spark.pool:
        node["compute"] = f"azureml:{target.spark.pool}"
    else:
        node["resources"] = {
            "instance_type": target.spark.instance_type,
            "runtime_version": target.spark.runtime_version,
        }
    if target.identity.client_id:
        # a node's conf stands for its component's as a whole
        conf = {**(component.get("conf") or {}), **(node.get("conf") or {})}
        node["conf"] = {**conf, **dict.fromkeys(_VARIABLES, target.identity.client_id)}


def azure_findings(node: Fields, component: Fields, target: Target) -> Iterator[Finding]:
    """Yield a runtime, a size, files or packages that fail or cost on Azure's Spark."""
    conf = {**_texts(component.mapping("conf")), **_texts(node.mapping("conf"))}
    if not target.spark.pool and not target.is_local:
        yield from runtime_findings(target)
        yield from size_findings(target, conf, component.place_of("conf"))
    for key in _FILES:
        for item in component.items(key):
            path = component.place.file.parent / component.text("code") / str(item.value)
            if "://" not in str(item.value) and not path.exists():
                yield Finding(item.place, f"{key} {item.value!r} does not exist: {path.resolve()}")
    if _CONDA in conf:
        yield Finding(component.place_of("conf"), f"{_CONDA} {_COSTS}", fails=False)


def _texts(fields: Fields) -> dict[str, str]:
    return {name: str(entry.value) for name, entry in fields.entries.items()}
