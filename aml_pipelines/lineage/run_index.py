"""Which run left which version of a table, and at which commit of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aml_pipelines.leftovers.runs import run_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.workspace.state import StateFolder

# A run, and the commit of the repository at which it ran, as far as is known.
RunAndCommit = tuple[str | None, str | None]


class RunIndex:
    """The records of a workspace's runs, by what they left."""

    def __init__(self, state: StateFolder) -> None:
        self._commits: dict[str, str | None] = {}
        self._left: dict[tuple[str, int], str] = {}
        for run, record in run_records(state):
            self._commits[run] = record.get("git_commit")
            for table in _tables_of(record):
                # The first one: later runs found the same version, and wrote nothing.
                self._left.setdefault((table["id"], table["version"]), run)

    def that_left(self, table: str, version: int, *, stated: str | None) -> RunAndCommit:
        """Return the run that left a version of the table with an id; a commit may state it."""
        run = stated or self._left.get((table, version))
        return run, self._commits.get(run or "")

    def named_in(self, path: str) -> RunAndCommit:
        """Return the run by which a folder of the lake is named."""
        folders = path.split("/")
        named = (r for r in self._commits if any(f.startswith(f"{r}_") for f in folders))
        run = next(named, None)
        return run, self._commits.get(run or "")


def _tables_of(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for node in record["nodes"].values():
        receipt = node.get("receipt")
        if isinstance(receipt, dict):
            yield from receipt.get("tables", {}).values()
