"""A message says what began and ended in the shape of its receiver, and its texts are no markup."""

from __future__ import annotations

from typing import Any

from conf.receiver import Receiver
from incidents.message import mail_of, message_of, slack_blocks, teams_card

LINK = "https://ml.azure.com/runs/run_1"


def action(**others: object) -> dict[str, Any]:
    return {
        "incident": "i1",
        "action": "opened:team",
        "attempt": 1,
        "model_name": "late",
        "level": "hold",
        "cause": "dep_delay is null in 5 < 9 rows",
        "began": "2024-03-01",
        **others,
    }


BOTH = [action(), action(action="ended:team", cause="km drifts", began="2024-02-01")]


def test_a_card_of_teams_has_a_run_of_text_for_each_incident_and_leads_to_the_run() -> None:
    card = teams_card(message_of(BOTH, dataset="trips", link=LINK))
    (attachment,) = card["attachments"]
    assert (card["type"], attachment["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    content = attachment["content"]
    assert [block["inlines"][0]["text"] for block in content["body"]] == [
        "trips, late: incidents: 1 began, 1 ended",
        "[hold] dep_delay is null in 5 < 9 rows (since 2024-03-01)",
        "[ended] km drifts (since 2024-02-01)",
    ]
    assert {block["type"] for block in content["body"]} == {"RichTextBlock"}
    assert content["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open the run", "url": LINK},
    ]


def test_a_message_of_slack_escapes_what_slack_reads_as_markup() -> None:
    told = slack_blocks(message_of(BOTH, dataset="trips", link=LINK))
    assert told["text"] == "trips, late: incidents: 1 began, 1 ended"
    assert [block["text"]["text"] for block in told["blocks"]] == [
        "*trips, late: incidents: 1 began, 1 ended*",
        "[hold] dep_delay is null in 5 &lt; 9 rows (since 2024-03-01)",
        "[ended] km drifts (since 2024-02-01)",
        f"<{LINK}|Open the run>",
    ]


def test_without_a_page_of_the_run_the_command_that_shows_it_is_told() -> None:
    message = message_of([action()], dataset="trips", link="")
    assert slack_blocks(message)["blocks"][-1]["text"]["text"] == (
        "`python -m aml_pipelines health trips`"
    )
    body = teams_card(message)["attachments"][0]["content"]["body"]
    assert body[-1]["inlines"][0]["text"] == "python -m aml_pipelines health trips"


def test_a_mail_has_its_sides_and_a_line_for_each_incident() -> None:
    receiver = Receiver("us", "mail", "smtp", "watch@example.com", ("a@x.org", "b@x.org"))
    mail = mail_of(message_of([action()], dataset="trips", link=LINK), receiver)
    assert (mail["From"], mail["To"]) == ("watch@example.com", "a@x.org, b@x.org")
    assert mail["Subject"] == "trips, late: incidents: 1 began"
    assert mail.get_content().splitlines() == [
        "[hold] dep_delay is null in 5 < 9 rows (since 2024-03-01)",
        "",
        LINK,
    ]


def test_of_many_incidents_twenty_are_told_and_how_many_more_there_are() -> None:
    message = message_of([action(cause="x" * 400)] * 23, dataset="trips", link="")
    assert len(message.lines) == 21
    assert message.lines[-1] == "and 3 more"
    assert {len(line) for line in message.lines[:-1]} == {300}
