"""No two classes of the product share a name: a reader who knows one knows which it is."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("conf", "spark_jobs", "components", "aml_pipelines", "environments")


def names_of(module: ast.Module) -> list[str]:
    """Name the classes of a module, and the types that it gives a name to."""
    classes = [node.name for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    assigned = [
        target.id
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return classes + [name for name in assigned if name[0].isupper() and not name.isupper()]


def test_no_two_classes_share_a_name() -> None:
    files: dict[str, list[str]] = defaultdict(list)
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            for name in names_of(ast.parse(file.read_text(encoding="utf-8"))):
                files[name].append(str(file.relative_to(ROOT)))

    shared = {name: where for name, where in files.items() if len(where) > 1}
    assert shared == {}
