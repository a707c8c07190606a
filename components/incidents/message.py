"""What a receiver is told: the incidents that began and ended, in the shape that it takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from conf.incident import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conf.receiver import Receiver

ClaimedAction = dict[str, Any]
# More lines than a person reads; a message of Slack has at most 50 blocks, one of Teams 28 KB.
_LINES, _LINE = 20, 300


@dataclass(frozen=True)
class Message:
    """What happened, in one line and in a line an incident; `link` leads to the run, if it can."""

    title: str
    lines: tuple[str, ...]
    command: str
    link: str = ""


def message_of(actions: Sequence[ClaimedAction], *, dataset: str, link: str) -> Message:
    """Return what the actions `opened:…` and `ended:…` of one receiver have to say."""
    ended = [each for each in actions if moment_of_telling(each) == ENDED]
    began = [each for each in actions if moment_of_telling(each) != ENDED]
    counts = [f"{len(part)} {word}" for part, word in ((began, "began"), (ended, "ended")) if part]
    lines = [f"[{each['level']}] {each['cause']} (since {each['began']})" for each in began]
    lines += [f"[ended] {each['cause']} (since {each['began']})" for each in ended]
    more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
    return Message(
        title=f"{dataset}, {actions[0]['model_name']}: incidents: {', '.join(counts)}",
        lines=(*(line[:_LINE] for line in lines[:_LINES]), *more),
        command=f"python -m aml_pipelines health {dataset}",
        link=link,
    )


def moment_of_telling(action: Mapping[str, Any]) -> str:
    """Return what an action tells of, `opened` or `ended`."""
    return str(action["action"]).partition(":")[0]


def teams_card(message: Message) -> dict[str, Any]:
    """Return the message that a Workflows webhook of Teams takes: an adaptive card.

    Texts are runs, which no markup is read from: names of columns have underscores.
    """
    texts = [{"type": "TextRun", "text": message.title, "weight": "Bolder"}]
    blocks = [texts, *([{"type": "TextRun", "text": line}] for line in message.lines)]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": runs} for runs in blocks],
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the run", "url": message.link}]
    else:
        run = {"type": "TextRun", "text": message.command, "fontType": "Monospace"}
        card["body"].append({"type": "RichTextBlock", "inlines": [run]})
    content_type = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}],
    }


def slack_blocks(message: Message) -> dict[str, Any]:
    """Return the message that an incoming webhook of Slack takes; `text` is what a phone shows."""
    where = f"<{message.link}|Open the run>" if message.link else f"`{message.command}`"
    sections = [f"*{_escaped(message.title)}*", *map(_escaped, message.lines), where]
    return {
        "text": _escaped(message.title),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in sections
        ],
    }


def metrics_of(actions: Sequence[ClaimedAction], *, dataset: str, now: str) -> list[dict[str, Any]]:
    """Return the custom metrics of Azure Monitor that actions lead to, each of one moment.

    `incidents_began` and `incidents_ended` count by dataset, model, kind of finding and level.
    """
    named: dict[str, list[ClaimedAction]] = {"incidents_began": [], "incidents_ended": []}
    for each in actions:
        is_end = moment_of_telling(each) == ENDED
        named["incidents_ended" if is_end else "incidents_began"].append(each)
    return [
        {"time": now, "data": {"baseData": _metric(name, own, dataset)}}
        for name, own in named.items()
        if own
    ]


def _metric(name: str, actions: Sequence[ClaimedAction], dataset: str) -> dict[str, Any]:
    counts = Counter(_values(dataset, each) for each in actions)
    return {
        "metric": name,
        "namespace": "aml_pipelines",
        "dimNames": ["dataset", "model", "kind", "level"],
        "series": [
            {"dimValues": list(values), "min": 1, "max": 1, "sum": count, "count": count}
            for values, count in counts.items()
        ],
    }


def _values(dataset: str, action: Mapping[str, Any]) -> tuple[str, ...]:
    return (dataset, *(str(action[name]) for name in ("model_name", "kind", "level")))


def mail_of(message: Message, receiver: Receiver) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = message.title
    mail["From"] = receiver.sender
    mail["To"] = ", ".join(receiver.recipients)
    mail.set_content("\n".join([*message.lines, "", message.link or message.command, ""]))
    return mail


def _escaped(text: str) -> str:
    """Replace the three characters that Slack reads as markup of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
