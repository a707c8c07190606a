"""Of each thing of the lake it can be said from what it came, what came of it, and by which run."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.lake_runs import command

if TYPE_CHECKING:
    from tests.e2e.conftest import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

RAW = "raw/diabetes"
HISTORY, ARRIVALS = f"{RAW}/history/patients.jsonl", f"{RAW}/batch/arrivals.jsonl"
CORRECTIONS = f"{RAW}/batch/corrections.jsonl"
MODEL = "model diabetes_progression:1"
CLEANED = ("gold/diabetes/features", "silver/diabetes/valid", "bronze/diabetes/rows")


def told(stage: Stage, verb: str, thing: str) -> Any:  # noqa: ANN401 # JSON
    target = f"--target={stage.lake.parent / 'local.yml'}"
    done = command(verb, thing, "--json", target)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_id(stage: Stage, pipeline: str) -> str:
    return str(stage.ended.runs[pipeline]["run_id"])


def test_scores_come_from_their_batches_and_the_model_and_these_from_raw_files(
    corrected: Stage, first: Stage
) -> None:
    found = told(corrected, "lineage", "gold/diabetes/scores@0")
    batch = first.ended.runs["batch_inference"]["nodes"]["select_batch"]["receipt"]["tables"]
    selected = batch["diabetes/batch"]["uri"].removeprefix(f"{first.lake}/")
    sources = found["from"]
    assert {f"{selected}@0", MODEL} <= set(sources["gold/diabetes/scores@0"])
    assert sources[f"{selected}@0"] == ["gold/diabetes/features@1"]
    for thing, source in pairwise(CLEANED):
        assert sources[f"{thing}@1"] == [f"{source}@1"]
        assert sources[f"{thing}@0"] == [f"{source}@0"]
    assert sources["bronze/diabetes/rows@1"] == [ARRIVALS, HISTORY]
    assert sources["bronze/diabetes/rows@0"] == [HISTORY]
    splits = [f"data diabetes_{split}:1" for split in ("test", "train", "validation")]
    assert sorted(sources[MODEL]) == splits
    assert [sources[split] for split in splits] == [
        [f"gold/diabetes/{split}@0"] for split in ("test", "train", "validation")
    ]
    made = {thing: how["run"] for thing, how in found["made"].items()}
    assert made["gold/diabetes/scores@0"] == run_id(first, "batch_inference")
    assert made[MODEL] == run_id(first, "training")
    assert made[splits[0]] == made["bronze/diabetes/rows@0"] == run_id(first, "data")
    commit = first.ended.runs["data"]["git_commit"]
    assert found["made"]["bronze/diabetes/rows@0"]["commit"] == commit
    assert found["made"]["bronze/diabetes/rows@0"]["rows"] == 400


def test_a_file_leads_to_what_was_made_after_it_and_to_nothing_before(corrected: Stage) -> None:
    into = told(corrected, "lineage", CORRECTIONS)["into"]
    assert {"bronze/diabetes/rows@2", "silver/diabetes/valid@2", "gold/diabetes/scores@1"} < {*into}
    assert MODEL not in into
    assert not [thing for thing in into if thing.endswith("@0") and "batches/" not in thing]
    of_history = told(corrected, "lineage", str(corrected.lake / HISTORY))["into"]
    assert {MODEL, *into} < {*of_history}


def test_a_row_is_found_in_each_table_that_has_it(corrected: Stage) -> None:
    (row,) = told(corrected, "lineage", "gold/diabetes/scores?patient=400")
    places = {place["table"]: place["told"] for place in row["places"]}
    (batch,) = (table for table in places if table.startswith("batches/"))
    scores = places.pop("gold/diabetes/scores")
    assert set(places) == {*CLEANED, batch}
    assert places["bronze/diabetes/rows"]["_source_file"] == CORRECTIONS
    (stored,) = (score for score in corrected.held.scores if score["patient"] == 400)
    assert (scores["score"], scores["run_id"]) == (stored["score"], stored["run_id"])
    (loser,) = told(corrected, "lineage", "silver/diabetes/duplicates?patient=400")
    assert loser["row"] != row["row"]
    (labelled,) = told(corrected, "lineage", "gold/diabetes/features?patient=7")
    splits = {place["table"] for place in labelled["places"]} - {*CLEANED}
    assert len(splits) == 1
    assert splits < {f"gold/diabetes/{split}" for split in ("train", "validation", "test")}


def test_what_a_bad_file_has_reached_is_counted_and_the_repair_is_typed_out(
    corrected: Stage,
) -> None:
    target = f"--target {corrected.lake.parent / 'local.yml'}"
    found = told(corrected, "impact", HISTORY)
    counted = {name: rows for name, rows in found["tables"].items() if rows}
    assert counted == dict.fromkeys(CLEANED, 400)
    uncounted = {name for name, rows in found["tables"].items() if rows is None}
    assert uncounted == {f"gold/diabetes/{split}" for split in ("train", "validation", "test")}
    assert MODEL in found["assets"]
    python = "python -m aml_pipelines"
    assert found["commands"] == [
        f"{python} withdraw diabetes {HISTORY} {target}",
        f"{python} run data --set inputs.dataset=diabetes {target}",
        f"{python} run training --model diabetes_progression {target}",
        f"{python} run batch_inference --model diabetes_progression {target}",
    ]
    of_batch = told(corrected, "impact", ARRIVALS)
    assert of_batch["tables"]["gold/diabetes/scores"] == 41  # one has been corrected since
    assert MODEL not in of_batch["assets"]


def test_two_versions_of_a_table_are_compared_row_by_row(corrected: Stage, first: Stage) -> None:
    target = f"--target={corrected.lake.parent / 'local.yml'}"

    def compared(table: str, shown: str = "--json") -> str:
        done = command("diff", f"{table}@0", table, shown, target)
        assert done.returncode == 0, done.stderr
        return done.stdout

    scores = json.loads(compared("gold/diabetes/scores"))
    assert (scores["rows"], scores["added"], scores["removed"]) == ([42, 42], 0, 0)
    assert scores["changed"] == 1
    (before,), (after,) = (
        [score for score in stage.held.scores if score["patient"] == 400]
        for stage in (first, corrected)
    )
    rows, (example,) = scores["columns"]["score"]
    assert rows == 1
    assert (example["before"], example["after"]) == (before["score"], after["score"])
    model = {"model_name": "diabetes_progression", "model_version": "1"}
    assert example["key"] == {"patient": 400, **model}
    features = json.loads(compared("gold/diabetes/features"))
    assert (features["rows"], features["added"]) == ([400, 442], 42)
    assert (features["removed"], features["changed"]) == (0, 0)
    text = compared("gold/diabetes/scores", "--markdown")
    assert "| 42 | 42 | 0 | 0 | 1 |" in text
    shift = f"mean {before['score']:.6g} to {after['score']:.6g}"
    became = f"{before['score']} became {after['score']} (patient 400, "
    assert f"| score | 1, {shift} | {became}" in text
    assert "| input_hash | 1 | " in text


@pytest.mark.parametrize(
    ("verb", "thing", "error"),
    [
        ("lineage", "silver/diabetes/vald", "has no 'silver/diabetes/vald', but silver/diabetes/v"),
        (
            "lineage",
            "gold/diabetes/scores@7",
            "scores tells nothing of version 7; it has ",
        ),
        ("lineage", "diabetes_train:8", "has no 'diabetes_train:8', but diabetes_train:1"),
        ("lineage", "gold/diabetes/scores?patient=9", "no row of gold/diabetes/scores has patient"),
        ("lineage", "gold/diabetes/scores?person=9", "has no column person to be asked for; it h"),
        ("lineage", "silver/diabetes/valid?sex=1.0", "rows of silver/diabetes/valid have sex=1.0;"),
        (
            "lineage",
            "gold/diabetes/scores?patient=x",
            "patient is of type int32, and 'x' is ",
        ),
        ("impact", f"{RAW}/batch/arrival.jsonl", f"ingested were {ARRIVALS}"),
    ],
)
def test_a_thing_that_is_not_there_is_refused_with_those_that_are(
    corrected: Stage, verb: str, thing: str, error: str
) -> None:
    done = command(verb, thing, f"--target={corrected.lake.parent / 'local.yml'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr


def test_a_run_is_told_as_events_with_columns_rows_and_raw_files(first: Stage) -> None:
    target = f"--target={first.lake.parent / 'local.yml'}"
    done = command("events", run_id(first, "data"), run_id(first, "batch_inference"), target)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ended = {e["job"]["name"]: e for e in events if e["eventType"] == "COMPLETE"}

    def names(job: str, side: str) -> list[str]:
        return [d["name"].removeprefix(f"{first.lake}/") for d in ended[job][side]]

    assert names("data.ingest", "inputs") == [HISTORY]
    assert names("batch_inference.ingest", "inputs") == [ARRIVALS]
    assert names("data.split", "inputs") == ["gold/diabetes/features"]
    (train, *_) = ended["data.split"]["outputs"]
    assert train["outputFacets"]["outputStatistics"]["rowCount"] == 253
    fields = train["facets"]["columnLineage"]["fields"]
    assert fields["bmi"]["inputFields"] == [
        {
            "namespace": "file",
            "name": f"{first.lake}/gold/diabetes/features",
            "field": "bmi",
            "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}],
        }
    ]
    published = ended["data.publish_mltable"]["outputs"]
    assert [d["facets"]["symlinks"]["identifiers"][0]["name"] for d in published] == [
        "diabetes_train:1",
        "diabetes_validation:1",
        "diabetes_test:1",
    ]
    (scores,) = (
        d
        for d in ended["batch_inference.write_scores"]["outputs"]
        if d["name"].endswith("gold/diabetes/scores")
    )
    of_score = scores["facets"]["columnLineage"]["fields"]["score"]["inputFields"]
    features = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    assert [field["field"] for field in of_score] == features
    assert scores["outputFacets"]["outputStatistics"]["rowCount"] == 42
