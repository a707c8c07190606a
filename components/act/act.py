"""Act on incidents: submit a training, go back to the version before, and tell receivers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from assets.client import workspace_client
from conf.arguments import arguments
from conf.dataset import load_dataset
from conf.monitor import load_monitor
from conf.step_files import write_step_file
from incidents.acting import ActingRun, act_on
from spark_jobs.receipt import FILE_NAME as RECEIPT
from spark_jobs.receipt import Receipt


def main(
    *, lake: str, dataset: str, as_of: str, run: str, actions: str, outcomes: str, receipt: str
) -> None:
    """Write what became of each action as JSON to the folder `outcomes`."""
    claimed = json.loads(Path(actions, "actions.json").read_text(encoding="utf-8"))
    run_id = json.loads(Path(run, "run_id.json").read_text(encoding="utf-8"))["run_id"]
    monitor = load_monitor(load_dataset(dataset).name)
    acting = ActingRun(
        workspace_client(), monitor, lake, as_of, run_id, Path(__file__).absolute().parent
    )
    became = act_on(claimed, acting) if claimed else []
    write_step_file(outcomes, "outcomes.json", json.dumps(became, indent=2))
    counts = Counter(each["outcome"] for each in became)
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    record = Receipt("act", dataset, f"{dataset}: actions: {told or 'none'}", {})
    write_step_file(receipt, RECEIPT, record.to_json())


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
