"""What is equal to the service's recorded answers stays equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.fixtures import Recording, areas, tolerances
from tests.conformance.replay import Session, replay, stated

if TYPE_CHECKING:
    from pathlib import Path

CREATED = 201
RECORDINGS = [
    pytest.param(recording, id=f"{area.name}: {recording.name}")
    for area in areas()
    for recording in area.recordings
]


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recorded_session_comes_out_here_as_its_file_says(
    recording: Recording, tmp_path: Path
) -> None:
    outcomes = list(replay(recording, tmp_path, tolerances()))
    assert [exchange.operation for exchange, _ in outcomes] == [
        exchange.operation for exchange in recording.exchanges
    ]
    for exchange, outcome in outcomes:
        assert outcome == stated(exchange), exchange.operation


@pytest.mark.parametrize("recording", RECORDINGS)
def test_what_was_answered_may_be_sent_back_as_it_is(recording: Recording, tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.make(recording)
    for exchange in recording.exchanges:
        response = session.send(exchange.request, exchange.body)
        session.bind(exchange.bind, response)
        if exchange.request.startswith("PUT") and response.status_code == CREATED:
            answered = response.get_json()
            if "credentials" in answered["properties"]:
                continue  # no answer has the secrets, without which there is nothing to keep
            again = session.send(exchange.request, answered)
            assert again.status_code in (200, CREATED), again.get_json()
            assert again.get_json()["properties"].keys() >= answered["properties"].keys()


def test_an_exchange_that_is_not_equal_has_a_reason() -> None:
    exchanges = [
        exchange
        for area in areas()
        for recording in area.recordings
        for exchange in recording.exchanges
    ]
    without = [item.operation for item in exchanges if item.differs and not item.reason]
    assert without == []
    assert [item.operation for item in exchanges if item.reason and not item.differs] == []
