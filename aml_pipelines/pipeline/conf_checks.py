"""Checks what a plan's own steps will read of conf, before anything starts.

A node reads conf from its snapshot, minutes later: the file that its error names is a copy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.estimators import estimator_problem
from aml_pipelines.pipeline.values import Constant, Data, Missing
from aml_pipelines.repository import COMPONENTS
from conf.cleaning_order import foreign_key_problems
from conf.dataset import DATASETS, load_dataset
from conf.dataset_learning import SPLITS
from conf.document import ConfError, read_document
from conf.model import MODELS, load_model
from conf.model_checks import column_problems, learning_problems
from conf.monitor import load_monitor
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.pipeline.plan import Plan, PlannedNode
    from conf.dataset import Dataset
    from conf.model import Model
    from conf.yaml_lines import Place

WATCHING = "judge_health"  # the step that reads conf/monitors
FEATURE_SETS = REPOSITORY / "spark_jobs" / "feature_sets"


def conf_problems(plan: Plan) -> list[str]:
    """Return all that is wrong with the contracts and models that a plan's steps are given."""
    nodes = [node for node in plan.nodes.values() if _is_own(node)]
    problems: list[str] = []
    contracts: dict[str, Dataset] = {}
    for name in _given(nodes, "dataset"):
        _load_contract(name, contracts, problems)
        problems += _foreign_key_problems(name, contracts)
    problems += [problem for node in nodes for problem in _source_problems(node, contracts)]
    for name in _given(nodes, "model_name"):
        try:
            model = load_model(name)
        except ConfError as error:
            problems += error.problems
            continue
        problems += _model_problems(model, contracts, plan, nodes)
    watching = [node for node in nodes if _code_of(node) == WATCHING]
    for name in _given(watching, "dataset"):
        problems += _monitor_problems(name)
    return list(dict.fromkeys(problems))


def _is_own(node: PlannedNode) -> bool:
    code = node.component.snapshot.code
    return code is not None and code.is_relative_to(COMPONENTS)


def _code_of(node: PlannedNode) -> str:
    code = node.component.snapshot.code
    return code.name if code else ""


def _monitor_problems(dataset: str) -> tuple[str, ...]:
    try:
        load_monitor(dataset)
    except ConfError as error:
        return error.problems
    return ()


def _given(nodes: list[PlannedNode], name: str) -> Iterator[str]:
    values = (node.inputs[name].value for node in nodes if name in node.inputs)
    return iter(dict.fromkeys(value.text for value in values if isinstance(value, Constant)))


def _load_contract(name: str, contracts: dict[str, Dataset], problems: list[str]) -> None:
    """Load a contract and those related to it, unless they are loaded."""
    if name in contracts:
        return
    try:
        contracts[name] = load_dataset(name)
    except ConfError as error:
        problems += error.problems
        return
    for related in contracts[name].related:
        _load_contract(related, contracts, problems)


def _foreign_key_problems(name: str, contracts: dict[str, Dataset]) -> list[str]:
    """Return what is wrong with the foreign keys of a dataset and of those that it is run with."""
    related = contracts[name].related if name in contracts else ()
    together = {each: contracts[each] for each in (name, *related) if each in contracts}
    if len(together) != 1 + len(related):  # what one refers to may be wrong itself
        return []
    return foreign_key_problems(together)


def _source_problems(node: PlannedNode, contracts: dict[str, Dataset]) -> list[str]:
    stated = [node.inputs[n].value for n in ("dataset", "source") if n in node.inputs]
    texts = [value.text for value in stated if isinstance(value, Constant)]
    if len(texts) != 2 or texts[0] not in contracts:  # noqa: PLR2004 # both
        return []
    try:
        contracts[texts[0]].source_or_error(texts[1])
    except ConfError as error:
        return [f"{node.place}: {problem}" for problem in error.problems]
    return []


def _model_problems(
    model: Model, contracts: dict[str, Dataset], plan: Plan, nodes: list[PlannedNode]
) -> list[str]:
    problems = _estimator_problems(model)
    asked = list(_given(nodes, "dataset"))
    if asked and model.dataset not in asked:
        problems.append(
            f"{plan.pipeline.graph.place}: model {model.name!r} learns from {model.dataset!r}, and "
            f"the pipeline's dataset is {', '.join(asked)}"
        )
    loaded = dict(contracts)
    _load_contract(model.dataset, loaded, problems)
    contract = loaded.get(model.dataset)
    if contract is None:
        return problems
    problems += learning_problems(model, contract)
    if not (FEATURE_SETS / f"{contract.name}.py").is_file():
        problems += column_problems(model, contract)
    return problems + [
        problem
        for node in nodes
        for problem in _table_problems(plan.pipeline.graph.place, node, model, contract)
    ]


def _estimator_problems(model: Model) -> list[str]:
    candidates = read_document(MODELS / f"{model.name}.yml").section("candidates").sections()
    return [
        f"{candidates[candidate.name].where_of('estimator')}: {problem}"
        for candidate in model.candidates
        if (problem := estimator_problem(candidate.estimator))
    ]


def _table_problems(
    place: Place, node: PlannedNode, model: Model, contract: Dataset
) -> Iterator[str]:
    """Yield inputs of a node of this model that are tables published from another dataset."""
    if list(_given([node], "model_name")) != [model.name]:
        return
    for name in SPLITS:
        table = node.inputs[name].value if name in node.inputs else None
        if not isinstance(table, Data | Missing):
            continue
        asset = re.match(r"azureml:(\w+)[:@]", table.reference)
        dataset = asset[1].removesuffix(f"_{name}") if asset else contract.name
        if dataset != contract.name and (DATASETS / f"{dataset}.yml").is_file():
            yield (
                f"{place}: input {name!r} is {table.reference!r}, and model {model.name!r} "
                f"learns from {contract.name!r}; --set "
                f"inputs.{name}=azureml:{contract.name}_{name}@latest"
            )
