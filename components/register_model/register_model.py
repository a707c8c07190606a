"""Register the winner as champion if the decision says so, and the same winner only once."""

from __future__ import annotations

import json
from pathlib import Path

from azure.ai.ml.entities import Model

from assets.client import datastore_uri, workspace_client
from conf.arguments import arguments
from conf.model import load_model
from conf.step_files import write_step_file
from learning.champion import CHAMPION, find_champion
from learning.decision import FILE_NAME
from learning.promotion import promote
from spark_jobs.receipt import FILE_NAME as RECEIPT
from spark_jobs.receipt import Receipt


def main(*, lake: str, model_name: str, model: str, decision: str, receipt: str) -> None:
    decided = json.loads(Path(decision, FILE_NAME).read_text(encoding="utf-8"))
    judged, client = decided["judgement"], workspace_client()
    is_new = False
    if judged["passes"]:
        winner = Model(
            name=model_name,
            type="mlflow_model",
            path=datastore_uri(model, lake=lake),
            description=f"{decided['winner']} on {decided['test_data']}",
            tags={
                CHAMPION: "true",
                "candidate": decided["winner"],
                "content": decided["winner_content"],
                "release": decided["release"],
                "test_data": decided["test_data"],
                decided["metric"]: f"{judged['winner']['value']:.6f}",
                "decision": json.dumps({k: v for k, v in judged.items() if k != "slices"}),
            },
        )
        is_new = promote(client, winner, beaten=decided["champion"])
    champion = find_champion(client, model_name)
    outcome = describe(champion.version if champion else None, decided, is_new=is_new)
    details = {"model": model_name, "registered": is_new}
    dataset = load_model(model_name).dataset
    record = Receipt("register_model", dataset, outcome, {}, details=details)
    write_step_file(receipt, RECEIPT, record.to_json())


def describe(version: str | None, decided: dict[str, object], *, is_new: bool) -> str:
    """Describe the champion and its metric on test, with the interval, in one line."""
    judged = decided["judgement"]
    assert isinstance(judged, dict)  # noqa: S101 # our own record
    measured = judged["winner"] if is_new or not judged["champion"] else judged["champion"]
    if version is None:
        return f"no champion: {'; '.join(judged['reasons'])}"
    state = "new champion" if is_new else "champion stays"
    return (
        f"{state}: {decided['model']} v{version}, test {decided['metric']} {measured['value']:.4f} "
        f"[{measured['low']:.4f}, {measured['high']:.4f}] on {decided['test_rows']:,} rows"
    )


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
