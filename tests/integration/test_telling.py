"""Receivers on loopback are told of incidents, and one that is dead or refuses is told of later."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from conf.receiver import Receiver
from incidents import send, telling
from incidents.send import UnsentError
from incidents.telling import tell
from tests.integration.receivers import MailServer, Webhook, serving

if TYPE_CHECKING:
    from pathlib import Path

RECEIVERS = {
    "team": Receiver("team", "teams", "teams_hook"),
    "chat": Receiver("chat", "slack", "slack_hook"),
    "charts": Receiver("charts", "azure_monitor", "metrics"),
    "post": Receiver("post", "mail", "mail_server", "watch@example.com", ("us@example.com",)),
}


def action(name: str) -> dict[str, Any]:
    return {
        "incident": "i1",
        "action": f"opened:{name}",
        "attempt": 2,
        "model_name": "late",
        "level": "warn",
        "kind": "nulls",
        "cause": "km is null",
        "began": "2024-03-01",
    }


def told(addresses: dict[str, str], *names: str) -> dict[str, tuple[str, str]]:
    """Tell receivers whose connections have these addresses; return how, and why not."""

    def address_of(connection: str) -> str:
        if connection not in addresses:
            raise UnsentError("it is not there")
        return addresses[connection]

    outcomes = tell(
        [action(name) for name in names],
        RECEIVERS,
        dataset="trips",
        link="",
        address_of=address_of,
        token_of="token for {}".format,
    )
    assert {(each["incident"], each["attempt"]) for each in outcomes} == {("i1", 2)}
    return {
        each["action"].partition(":")[2]: (each["outcome"], each["detail"]) for each in outcomes
    }


def test_webhooks_are_told_in_their_shapes() -> None:
    teams, slack = Webhook(status=202), Webhook()
    with serving(teams), serving(slack):
        found = told({"teams_hook": teams.url, "slack_hook": slack.url}, "team", "chat")
    assert found == {"team": ("done", ""), "chat": ("done", "")}
    assert [each["type"] for each in teams.taken] == ["message"]
    assert [each["text"] for each in slack.taken] == ["trips, late: incidents: 1 began"]


def test_azure_monitor_is_sent_counts_with_the_jobs_token() -> None:
    metrics = Webhook()
    with serving(metrics):
        found = told({"metrics": metrics.url}, "charts", "charts")
    assert found == {"charts": ("done", "")}
    (body,) = metrics.taken
    assert set(metrics.authorized) == {"Bearer token for https://monitoring.azure.com/.default"}
    sent = dt.datetime.fromisoformat(body["time"])
    assert abs(dt.datetime.now(dt.UTC) - sent) < dt.timedelta(minutes=20), "older ones are refused"
    assert body["data"]["baseData"] == {
        "metric": "incidents_began",
        "namespace": "aml_pipelines",
        "dimNames": ["dataset", "model", "kind", "level"],
        "series": [
            {
                "dimValues": ["trips", "late", "nulls", "warn"],
                "min": 1,
                "max": 1,
                "sum": 2,
                "count": 2,
            }
        ],
    }


@pytest.mark.parametrize(
    "address",
    [
        "https://westeurope.monitoring.azure.com.example.com/subscriptions/s/metrics",
        "http://westeurope.monitoring.azure.com/subscriptions/s/metrics",
        "https://example.com/monitoring.azure.com",
    ],
)
def test_the_jobs_token_goes_to_no_other_address_than_azure_monitors(address: str) -> None:
    outcome, why = told({"metrics": address}, "charts")["charts"]
    assert outcome == "unsent"
    assert why.startswith("metrics: the key of the connection is no https://REGION.monitoring")
    assert "example" not in why


def test_a_receiver_that_is_dead_refuses_or_redirects_keeps_no_other_from_being_told() -> None:
    with socket.socket() as dead:  # a port that nobody listens on
        dead.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{dead.getsockname()[1]}/secret-token"
        for status in (500, 302):
            refusing, mails = Webhook(status=status), MailServer()
            with serving(refusing), serving(mails):
                found = told(
                    {
                        "teams_hook": nowhere,
                        "slack_hook": refusing.url,
                        "mail_server": mails.url("smtp"),
                    },
                    *("team", "chat", "post"),
                )
            assert found["team"][0] == found["chat"][0] == "unsent"
            assert found["team"][1].startswith("teams_hook: URLError: ")
            assert found["chat"][1].startswith(f"slack_hook: HTTPError: {status} ")
            assert found["post"] == ("done", "")
            assert "secret-token" not in str(found)
            assert len(refusing.taken) == 1


def test_a_receiver_that_never_answers_is_left_after_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "LONGEST", 0.5)
    monkeypatch.setattr(send, "SECONDS", 5.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        found = told({"teams_hook": url}, "team")
    assert found == {"team": ("unsent", "no answer within 0 s")}


def test_a_mail_is_sent_by_starttls_with_a_password_and_not_to_a_server_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    private, plain = MailServer(context), MailServer()
    with serving(private), serving(plain):
        sent = told({"mail_server": private.url("smtp+starttls", "me:p%40ss@")}, "post")
        refused = told({"mail_server": plain.url("smtp+starttls", "me:p%40ss@")}, "post")
    assert sent == {"post": ("done", "")}
    said = [line.partition(" ")[0].upper() for line in private.said]
    assert said[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    (mail,) = private.mails
    assert "To: us@example.com" in mail
    assert "[warn] km is null (since 2024-03-01)" in mail
    assert refused["post"][0] == "unsent"
    assert refused["post"][1].startswith("mail_server: SMTPNotSupportedError: ")
    assert plain.mails == []
    assert "AUTH" not in plain.said


@pytest.mark.parametrize(
    ("shape", "address", "reason"),
    [
        ("chat", "http://example.com/token", "is no https URL"),
        ("chat", "file:///etc/passwd", "is no https URL"),
        ("post", "https://example.com/token", "is no URL of "),
        ("post", "smtp://me:token@example.com", "not sent in plain text"),
    ],
)
def test_an_address_that_would_give_a_secret_away_is_refused_without_naming_it(
    shape: str, address: str, reason: str
) -> None:
    connection = RECEIVERS[shape].connection
    ((outcome, detail),) = told({connection: address}, shape).values()
    assert outcome == "unsent"
    assert reason in detail
    assert "token" not in detail


def test_a_receiver_that_is_named_no_more_and_a_connection_that_is_gone_are_unsent() -> None:
    found = told({}, "team", "nobody")
    assert found == {
        "team": ("unsent", "teams_hook: it is not there"),
        "nobody": ("unsent", "conf/monitors names it no more"),
    }
