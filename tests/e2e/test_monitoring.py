"""Monitoring after batch inference sees what is wrong with a batch, and profiles nothing twice."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aml_pipelines.workspace.jobs.store import Jobs
from tests.delta_logs import operations
from tests.e2e.lake_runs import ALL, Ended, command, make_lake, receipt, rows_of, run
from tests.e2e.served import serving
from tests.e2e.word_labels import write_own
from tests.rooms import copy_rooms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),  # MLflow's
]
MODEL = "--model=tickets_model"
OF_TICKETS = ("--set=inputs.dataset=tickets", "--set=inputs.model_name=tickets_model")
MONITOR = """
levels: {nulls: hold, vanished_value: retrain}
receivers: {team: {shape: slack, connection: alerts}}
"""
SEEN = ("opened", "found", "ended")
PATIENCE_SECONDS = 600


class Watched(NamedTuple):
    """A lake of tickets whose batch is of one floor only, or of none, and how its runs ended."""

    repository: Path
    lake: Path
    ended: Ended

    @property
    def findings(self) -> Path:
        nodes = self.ended.runs["monitoring"]["nodes"]
        return Path(nodes["judge_health"]["outputs"]["findings"])

    @property
    def incidents(self) -> list[dict[str, Any]]:
        rows = rows_of(self.lake / "gold" / "tickets" / "incidents")
        return sorted(rows, key=lambda row: int(row["sequence"]))

    @property
    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.findings / "findings.json").read_text())
        return found


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    repository = copy_rooms(tmp_path_factory.mktemp("repository"))
    lake = make_lake(tmp_path_factory.mktemp("tickets"))
    write_own("tickets", repository=repository, lake=lake)
    (repository / "conf" / "monitors" / "tickets.yml").write_text(MONITOR)
    return Watched(repository, lake, run(lake, *ALL, "monitoring", MODEL, repository=repository))


def test_a_planted_fault_of_a_batch_is_found_and_named(watched: Watched) -> None:
    assert watched.ended.code == 0, watched.ended.text
    health = watched.health
    assert (health["rows"], health["model_version"]) == (40, "1")
    of_floor = {(f["kind"], f["slice"]) for f in health["findings"] if f["column"] == "floor"}
    # Of the batch half the floors are null, and no ticket is of the floors 2 and 3.
    assert ("nulls", "all") in of_floor
    assert ("vanished_value", "all") in of_floor
    others = {f["column"] for f in health["findings"]} - {"floor"}
    assert others <= {"score", "class"}  # which may follow the floor
    first = health["findings"][0]
    assert (first["kind"], first["level"]) == ("vanished_value", "retrain")
    nulls = next(found for found in health["findings"] if found["kind"] == "nulls")
    assert nulls["level"] == "hold"
    assert nulls["cause"].startswith("floor is null in ")
    assert nulls["evidence"]["reference"] == 0
    more = len(health["findings"]) - 1
    verdict = f"are not like before: {first['cause']}; {more} more findings"
    last = watched.ended.text.splitlines()[-1]
    assert (last.startswith("  "), "_monitoring, " in last, last.endswith(verdict)) == (True,) * 3
    assert "tickets: 40 rows of " in last
    assert health["measured"]["estimated"]["0"]
    assert health["measured"]["realised"] == {}


def test_the_page_shows_each_cause_and_draws_the_columns(watched: Watched) -> None:
    page = (watched.findings / "health.html").read_text()
    causes = [finding["cause"].replace("'", "&#39;") for finding in watched.health["findings"]]
    assert [cause for cause in causes if cause not in page] == []
    assert "<figcaption>floor</figcaption>" in page
    assert page.count("<svg") >= 3


def test_each_finding_is_of_an_incident_and_what_was_tried_is_recorded(watched: Watched) -> None:
    incidents = watched.incidents
    assert {row["run_id"] for row in incidents} == {watched.ended.runs["monitoring"]["run_id"]}
    seen = sorted(row["cause"] for row in incidents if row["event"] in SEEN)
    assert seen == sorted(finding["cause"] for finding in watched.health["findings"])
    opened = {(row["kind"], row["column"], row["slice"]) for row in incidents}
    unsent = [row for row in incidents if row["event"] == "unsent"]
    assert len(unsent) == len(opened) == sum(row["event"] == "opened" for row in incidents)
    why = "alerts: the connection cannot be read: it is not there"
    assert {row["detail"].partition(";")[0] for row in unsent} == {why}


def test_every_row_is_profiled_once_and_the_same_lake_again_commits_nothing(
    watched: Watched,
) -> None:
    told = receipt(watched.ended, "monitoring", "profile")
    profiles = told["tables"]["tickets/profiles"]
    assert (profiles["rows_in"], profiles["rows_out"]) == (280, 280)
    assert profiles["set_aside"] == {"no_day": 0}
    before = operations(profiles["uri"])
    seen = [row for row in watched.incidents if row["event"] in SEEN]
    again = run(watched.lake, "monitoring", MODEL, repository=watched.repository)
    assert again.code == 0, again.text
    assert [row for row in watched.incidents if row["event"] in SEEN] == seen
    assert "tickets: 0 days profiled, 280 rows in all" in again.text
    assert operations(profiles["uri"]) == before == ["WRITE"]
    assert receipt(again, "monitoring", "judge_health") == receipt(
        watched.ended, "monitoring", "judge_health"
    )


def test_a_batch_that_comes_while_nulls_hold_waits_until_it_is_released(watched: Watched) -> None:
    repository, lake = watched.repository, watched.lake
    before = scored_tickets(watched)
    name = held_batch(watched, "b.csv", 999)
    assert scored_tickets(watched) == before

    target = f"--target={lake.parent / 'local.yml'}"
    for said in ("are written, released by Ada", "was released before, by Ada"):
        done = command("release", name, "--by=Ada", target, repository=repository)
        assert (done.returncode, said in done.stdout) == (0, True), done.stdout + done.stderr
    assert scored_tickets(watched) == {*before, 999}
    assert released(watched) == [(name, "Ada")]


def test_a_batch_is_released_by_a_job_as_in_azure(watched: Watched) -> None:
    before, earlier = scored_tickets(watched), released(watched)
    name = held_batch(watched, "c.csv", 1000)
    target = watched.lake.parent / "local.yml"
    given = {"dataset": "tickets", "batch": name, "person": "Grace"}
    settings = [f"--set=inputs.{each}={value}" for each, value in given.items()]
    for job in ("release", "once_more"):
        with serving(target, watched.lake):
            words = (f"--name={job}", "--as-of=now", "--wait", "--create-missing")
            submitted = command(
                *("submit", "release", *settings, *words, f"--target={target}"),
                repository=watched.repository,
            )
        assert submitted.returncode == 0, submitted.stdout + submitted.stderr
        assert scored_tickets(watched) == {*before, 1000}
        assert released(watched) == [*earlier, (name, "Grace")]


def scored_tickets(watched: Watched) -> set[int]:
    return {row["ticket"] for row in rows_of(watched.lake / "gold" / "tickets" / "scores")}


def released(watched: Watched) -> list[tuple[str, str]]:
    rows = [row for row in watched.incidents if row["event"] == "released"]
    return [(row["batch"], row["person"]) for row in rows]


def held_batch(watched: Watched, file: str, ticket: int) -> str:
    """Let one more ticket arrive in a file of its own, and return the batch that is held."""
    batch = watched.lake / "raw" / "tickets" / "batch"
    header, like, *_ = (batch / "a.csv").read_text().splitlines()
    (batch / file).write_text(f"{header}\n{ticket},{like.partition(',')[2]}\n")
    scored = run(watched.lake, "batch_inference", MODEL, repository=watched.repository)
    assert scored.code == 0, scored.text
    told = receipt(scored, "batch_inference", "write_scores")["tables"]["tickets/scores"]
    assert (told["rows_out"], told["set_aside"]) == (0, {"held": told["rows_in"]})
    target = f"--target={watched.lake.parent / 'local.yml'}"
    shown = command("health", "tickets", target, repository=watched.repository).stdout
    (line,) = (line for line in shown.splitlines() if " are held: " in line)
    return line.rpartition(" ")[2]


def test_a_workspace_that_is_served_carries_through_what_an_incident_leads_to(
    watched: Watched,
) -> None:
    repository, lake = watched.repository, watched.lake
    # A run has a workspace of its own, which runs no jobs: what failed then is done when one does.
    assert {row["event"] for row in retrainings(watched)} == {"claimed", "failed"}
    target = lake.parent / "local.yml"
    with serving(target, lake):
        words = ("--name=watch", "--wait", "--create-missing", f"--target={target}")
        submitted = command("submit", "monitoring", *OF_TICKETS, *words, repository=repository)
        assert submitted.returncode == 0, submitted.stdout + submitted.stderr
        done = retrainings(watched)[-1]
        job = f"retrain-{done['incident']}"
        assert (done["event"], done["detail"]) == ("done", f"job {job}")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not Jobs(lake).job(job).is_final and time.monotonic() < deadline:
            time.sleep(1)
    assert Jobs(lake).job(job).state == "Completed"
    # On the same release it learns what the champion has learnt: the gate keeps the champion.
    decision = lake / "runs" / job / "compare" / "outputs" / "decision" / "decision.json"
    decided = json.loads(decision.read_text())
    assert (decided["champion"], decided["judgement"]["passes"]) == ("tickets_model v1", False)
    assert decided["judgement"]["gain"]["value"] == 0


def retrainings(watched: Watched) -> list[dict[str, Any]]:
    return [row for row in watched.incidents if row["action"] == "retrain"]
