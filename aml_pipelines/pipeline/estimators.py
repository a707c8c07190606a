"""Whether a package has an estimator, told by its source: to import scikit-learn takes seconds."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path


def estimator_problem(estimator: str) -> str:
    """Return why there is no estimator of this public name; empty when there is, or none can tell.

    Nobody can tell of a package that is not here, or whose names are not listed in `__all__`.
    """
    module, _, name = estimator.rpartition(".")
    package, *inner = module.split(".")
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        return ""
    folder = Path(found.submodule_search_locations[0], *inner)
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    if not file.is_file():
        return f"estimator {estimator!r}: there is no module {module!r}"
    names = _public_names(file)
    if not names or name in names:
        return ""
    close = get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"estimator {estimator!r}: {module!r} has no {name!r}{hint}"


def _public_names(file: Path) -> list[str]:
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.List):
            targets = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            if targets == ["__all__"]:
                constants = [e for e in statement.value.elts if isinstance(e, ast.Constant)]
                return [str(constant.value) for constant in constants]
    return []
