"""What the executor takes for a node that does nothing, and what `plan` takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

NODES = 20
ENVIRONMENT = "azureml:train@latest"
PIPELINES = ("data", "training", "batch_inference")


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield a pipeline of trivial nodes in a row against one of a single node, and `plan`."""
    lake = BenchLake(folder / "nodes")
    lake.begin(raw_flights(size))
    yield Work(
        "executor",
        _trivial(lake, folder, NODES + 1),
        [(_trivial(lake, folder, 1), Aim("each_more", 0.2, units=NODES))],
        note="What each node more takes, one after the other, of a command that does nothing.",
    )
    planned = f"plan {' '.join(PIPELINES)}"
    yield Work(
        "plan",
        Way(planned, 0, lambda: lake.plan(*PIPELINES), dict),
        [],
        alone=Aim("seconds", 0.2),
    )


def _trivial(lake: BenchLake, folder: Path, nodes: int) -> Way:
    """Return the way of a pipeline of so many nodes, each after the one before."""
    jobs = {f"node_{number}": _job(number) for number in range(nodes)}
    pipeline = {
        "type": "pipeline",
        "experiment_name": "bench",
        "settings": {"default_compute": "serverless"},
        "jobs": jobs,
    }
    file = folder / f"{nodes}.yml"
    file.write_text(json.dumps(pipeline))  # JSON is YAML

    def outcome() -> Outcome:
        newest = max(lake.path.glob("runs/*/run.json"), key=lambda run: run.stat().st_mtime)
        return {"status": json.loads(newest.read_text("utf-8"))["status"]}

    name = f"{nodes} node{'s' * (nodes > 1)}"
    return Way(name, 0, lambda: lake.run(str(file), "--fresh"), outcome)


def _job(number: int) -> dict[str, object]:
    before = f"${{{{parent.jobs.node_{number - 1}.outputs.done}}}}"
    return {
        "type": "command",
        "command": "echo > ${{outputs.done}}/done" + (" # ${{inputs.before}}" if number else ""),
        "environment": ENVIRONMENT,
        "inputs": {"before": before} if number else {},
        "outputs": {"done": {"type": "uri_folder"}},
    }
