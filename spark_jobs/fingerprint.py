"""Fingerprints of steps: the same inputs, contract and code have the same fingerprint."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from conf import column_notation, columns, dataset_column

if TYPE_CHECKING:
    from spark_jobs.delta_log import TableState
    from spark_jobs.receipt import TableReceipt

ROOT = Path(__file__).parent


def fingerprint(step: str, *facts: object) -> str:
    """Hash a step's name, its code and all facts that its outcome depends on."""
    text = "\n".join([step, code_hash(), *(repr(fact) for fact in facts)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def version_of(table: TableReceipt | TableState) -> str:
    """Return the name of one version of one table, which no other version ever has."""
    commit = f"#{table.commit}" if table.commit else ""
    return f"{table.id}@{table.version}{commit}"


def parse_version(name: str) -> tuple[str, int, str]:
    """Return the table's id, the version, and its commit (empty without one) from such a name.

    Raises ValueError for any other text.
    """
    identity, _, rest = name.partition("@")
    version, _, commit = rest.partition("#")
    return identity, int(version), commit


@cache
def code_hash() -> str:
    """Hash the code that decides what happens to rows: this room, and what it takes from conf."""
    # The whole room: a list of the modules that each step uses would be wrong one day.
    digest = hashlib.sha256()
    taken = (columns, column_notation, dataset_column)
    for file in [*sorted(ROOT.rglob("*.py")), *(Path(str(module.__file__)) for module in taken)]:
        digest.update(file.relative_to(ROOT.parent).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
