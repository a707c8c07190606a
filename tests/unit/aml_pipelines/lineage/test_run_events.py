"""A run's record is told as OpenLineage events, whatever lake it was of, and sent once asked."""

from __future__ import annotations

import argparse
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from openlineage.client.serde import Serde

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage.event_receiver import send
from aml_pipelines.lineage.run_events import events_of
from aml_pipelines.verbs import events as verb
from conf.document import ConfError
from conf.errors import UserError
from conf.target import EventReceiver
from conf.target_file import read_target
from tests.integration.receivers import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAKE = "abfss://lake@account.dfs.core.windows.net"
KEY = {"EVENTS_KEY": "of-the-receiver"}


def table(name: str, version: int, **more: object) -> dict[str, object]:
    counts = {"rows_in": 12, "rows_out": 10, "set_aside": {"quarantined": 2}}
    return {"uri": f"{LAKE}/{name}", "id": name, "version": version, **counts, **more}


def node(kind: str, status: str = "Completed", **more: object) -> dict[str, object]:
    plain = {"type": kind, "status": status, "reused": False, "error": None, "receipt": None}
    return {**plain, "seconds": 2.5, "inputs": {}, "outputs": {}, **more}


RECORD: dict[str, Any] = {
    "pipeline": "data",
    "run_id": "20260131T060000_data",
    "started": "2026-01-31T06:00:00.000+00:00",
    "seconds": 9.0,
    "status": "Failed",
    "git_commit": "abc+",
    "inputs": {"lake": LAKE, "dataset": "trips"},
    "nodes": {
        "ingest": node(
            "spark",
            reused=True,
            outputs={"receipt": "/runs/ingest/receipt"},
            receipt={"tables": {"trips/bronze": table("bronze/trips/rows", 3)}},
        ),
        "clean": node(
            "spark",
            started="2026-01-31T06:00:04.000+00:00",
            inputs={"lake": LAKE, "dataset": "trips", "ingested": "/runs/ingest/receipt"},
            outputs={"receipt": "/runs/clean/receipt"},
            receipt={
                "tables": {
                    "trips/valid": table(
                        "silver/trips/valid",
                        2,
                        checksum={"fare": {"kind": "number", "nulls": 1, "min": 2.0, "sum": 30.5}},
                    )
                },
                "details": {"broken_rules": {"trips": {"fare_is_required": 2}}},
            },
        ),
        "count": node("command", "Failed", inputs={"rows": "/data/a.csv"}, error="exited with 3"),
        "never": node("command", "Skipped"),
    },
}


def told() -> list[dict[str, Any]]:
    return [as_json(event) for event in events_of(RECORD, namespace="azureml://g/w", lineage=None)]


def as_json(event: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Serde.to_json(event))
    return found


def test_a_run_and_each_node_that_ran_begin_and_end_under_one_id() -> None:
    events = told()
    seen = [(e["job"]["name"], e["eventType"], e["eventTime"][11:23]) for e in events]
    assert seen == [
        ("data", "START", "06:00:00.000"),
        ("data.count", "START", "06:00:00.000"),  # an older record: it has no time of its nodes
        ("data.count", "FAIL", "06:00:02.500"),
        ("data.clean", "START", "06:00:04.000"),
        ("data.clean", "COMPLETE", "06:00:06.500"),
        ("data", "FAIL", "06:00:09.000"),
    ]
    ids = {e["job"]["name"]: e["run"]["runId"] for e in events}
    assert len(set(ids.values())) == 3
    for event in events:
        run = event["run"]
        assert run["runId"] == ids[event["job"]["name"]]
        assert run["facets"]["tags"]["tags"] == [
            {"key": "git_commit", "source": "GIT", "value": "abc+"}
        ]
        if event["job"]["name"] != "data":
            parent = run["facets"]["parent"]
            assert (parent["run"]["runId"], parent["job"]["name"]) == (ids["data"], "data")
    (failed,) = (e for e in events if e["job"]["name"] == "data.count" and "FAIL" in e.values())
    assert failed["run"]["facets"]["errorMessage"]["message"] == "exited with 3"
    assert [e["run"]["runId"] for e in told()] == [e["run"]["runId"] for e in events]


def test_a_node_read_the_tables_of_its_receipts_and_wrote_those_of_its_own() -> None:
    (clean,) = (e for e in told() if e["eventType"] == "COMPLETE")
    (bronze,) = clean["inputs"]
    namespace = "abfss://lake@account.dfs.core.windows.net"
    assert (bronze["namespace"], bronze["name"]) == (namespace, "bronze/trips/rows")
    assert bronze["facets"]["version"]["datasetVersion"] == "3"
    (broken,) = bronze["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (broken["assertion"], broken["success"], broken["actual"]) == (
        "fare_is_required",
        False,
        "2",
    )
    (valid,) = clean["outputs"]
    assert (valid["name"], valid["facets"]["storage"]["storageLayer"]) == (
        "silver/trips/valid",
        "delta",
    )
    measured = valid["facets"]["dataQualityMetrics"]
    assert measured["rowCount"] == 10
    assert measured["columnMetrics"]["fare"] == {
        "min": 2.0,
        "nullCount": 1,
        "quantiles": {},
        "sum": 30.5,
    }
    (count, _) = (e for e in told() if e["job"]["name"] == "data.count")
    assert [(d["namespace"], d["name"]) for d in count["inputs"]] == [("file", "/data/a.csv")]


@contextmanager
def receiving(status: int = 201) -> Iterator[tuple[Webhook, EventReceiver]]:
    server = Webhook(status)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, EventReceiver(server.url, "EVENTS_KEY")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_events_are_sent_in_order_with_the_key_of_the_variable() -> None:
    events = events_of(RECORD, namespace="azureml://g/w", lineage=None)
    with receiving() as (server, receiver):
        send(events, receiver, KEY)
    assert server.taken == told()
    assert set(server.authorized) == {"Bearer of-the-receiver"}


def test_a_receiver_that_refuses_is_named_and_the_key_is_not() -> None:
    events = events_of(RECORD, namespace="azureml://g/w", lineage=None)
    with receiving(403) as (server, receiver), pytest.raises(CommandFailedError) as refused:
        send(events, receiver, KEY)
    assert f"{server.url} did not take the events: HTTPError: 403" in str(refused.value)
    assert KEY["EVENTS_KEY"] not in str(refused.value)
    with pytest.raises(UserError, match="the variable EVENTS_KEY is not set"):
        send(events, receiver, {})


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"url": "marquez:5000"}, "'url' is the whole address of an OpenLineage receiver"),
        ({"url": "https://me@marquez.example"}, "without a user or a password"),
        (
            {"url": "https://marquez.example/api/v1/lineage", "key": "s3cr3t-key"},
            "'key' is the name of a variable",
        ),
    ],
)
def test_a_target_states_an_address_and_no_secret(
    tmp_path: Path, stated: dict[str, str], said: str
) -> None:
    names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
    document = {"lake": str(tmp_path), "workspace": names, "openlineage": stated}
    file = tmp_path / "local.yml"
    file.write_text(json.dumps(document))
    with pytest.raises(ConfError, match=said):
        read_target(file)


def test_the_command_refuses_unknown_runs_and_a_target_without_a_receiver(tmp_path: Path) -> None:
    names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
    file = tmp_path / "local.yml"
    file.write_text(json.dumps({"lake": str(tmp_path / "lake"), "workspace": names}))
    with pytest.raises(UserError, match="has no run at all; its newest are none"):
        verb.main(asked(file))
    run = tmp_path / "lake" / "runs" / RECORD["run_id"]
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps(RECORD))
    with pytest.raises(UserError, match=f"has no run other; its newest are {RECORD['run_id']}"):
        verb.main(asked(file, run=["other"]))
    with pytest.raises(UserError, match="states no receiver; add openlineage"):
        verb.main(asked(file, send=True))
    lines = tmp_path / "events.jsonl"
    assert verb.main(asked(file, to=lines)) == 0
    assert len(lines.read_text().splitlines()) == 6


def asked(file: Path, **more: object) -> argparse.Namespace:
    plain = argparse.Namespace(run=[], to=None, send=False, all=False, target=str(file))
    return argparse.Namespace(**{**vars(plain), **more})
