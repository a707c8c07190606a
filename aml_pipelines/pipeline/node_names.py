"""The name of a node's run, <job>_<node>, composed and taken apart as Azure does."""

from __future__ import annotations


def run_of_node(job: str, node: str) -> str:
    return f"{job}_{node}"


def possible_nodes(run: str) -> list[tuple[str, str]]:
    """Return each job and node that `run` may be of: either name may have underscores itself."""
    words = run.split("_")
    return [("_".join(words[:at]), "_".join(words[at:])) for at in range(1, len(words))]
