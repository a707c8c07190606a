"""A kind of node is two modules: no other one asks which kind a node is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.pipeline.kinds import node_kinds
from tests.contract.files import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = REPOSITORY / "aml_pipelines"
# A file that holds a pipeline *job* says so by its type, which is no kind of node.
JOB_FILES = {
    "azure/render.py: job.get('type') == 'pipeline'",
    "verbs/submit.py: rendered.document.get('type') != 'pipeline'",
}


def questions(file: Path) -> list[str]:
    """Return the comparisons of a module with the name of a kind of node."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        compared = ast.walk(node) if isinstance(node, ast.Compare | ast.MatchValue) else ()
        constants = {item.value for item in compared if isinstance(item, ast.Constant)}
        if constants & set(node_kinds()):
            found.append(f"{file.relative_to(PACKAGE)}: {ast.unparse(node)}")
    return found


def test_only_the_modules_of_a_kind_ask_for_it() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if "kinds" not in file.parts]
    assert {question for file in files for question in questions(file)} == JOB_FILES


def test_every_kind_that_is_no_graph_can_be_read_and_run() -> None:
    assert list(node_kinds()) == [
        *("automl", "command", "data_transfer", "do_while", "if_else", "parallel", "parallel_for"),
        *("spark", "sweep", "pipeline"),
    ]
    for name, kind in node_kinds().items():
        if not kind.IS_GRAPH:
            assert callable(runnable_kind(name).run)
