"""Send a message to a webhook or a mail server, within a bounded time.

The address is a secret: no error names it.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from email.message import EmailMessage
    from urllib.parse import SplitResult

SECONDS = 10.0  # for each answer of a receiver
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Of which Azure Monitor takes custom metrics, and where.
METRICS_SCOPE = "https://monitoring.azure.com/.default"
_METRICS_HOST = ".monitoring.azure.com"
_MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class UnsentError(RuntimeError):
    """A receiver has not taken a message; it is sent again by the next run."""


def send_json(address: str, body: dict[str, Any]) -> None:
    """Post JSON to the URL of a webhook.

    Raises UnsentError for what is no https URL, and when the receiver does not take the message.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UnsentError("the key of the connection is no https URL")
    _post(address, body, {})


def _post(address: str, body: dict[str, Any], headers: Mapping[str, str]) -> None:
    data = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(address, data, headers)  # noqa: S310 # the caller looked at it
    try:
        with _OPENER.open(request, timeout=SECONDS):
            pass
    except (OSError, HTTPException, ValueError) as error:
        raise UnsentError(_reason(error)) from None  # its trace may name the address


def send_metrics(
    address: str, bodies: Sequence[dict[str, Any]], token_of: Callable[[str], str]
) -> None:
    """Post custom metrics to the address of a resource's metrics, with the job's own token.

    Raises UnsentError for another address than one of Azure Monitor, which is to see no token of
    this job, and when it does not take them.
    """
    parts = urlsplit(address)
    is_azures = parts.scheme == "https" and str(parts.hostname).endswith(_METRICS_HOST)
    if not is_azures and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UnsentError(
            "the key of the connection is no https://REGION.monitoring.azure.com/RESOURCE-ID/metrics"
        )
    headers = {"Authorization": f"Bearer {token_of(METRICS_SCOPE)}"}
    for body in bodies:
        _post(address, body, headers)


def send_mail(address: str, mail: EmailMessage) -> None:
    """Send a mail through the server of a URL: `smtp+starttls`, `smtps`, or plain `smtp`.

    Raises UnsentError for another URL, for a password that would be sent in plain text, and when
    the server does not take the mail.
    """
    parts = urlsplit(address)
    if parts.scheme not in _MAIL_PORTS or not parts.hostname:
        raise UnsentError(f"the key of the connection is no URL of {sorted(_MAIL_PORTS)}")
    if parts.scheme == "smtp" and parts.username and parts.hostname not in _LOOPBACK:
        raise UnsentError("a password is not sent in plain text: use smtp+starttls or smtps")
    try:
        with _connected(parts) as server:
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise UnsentError(_reason(error)) from None


def _connected(parts: SplitResult) -> smtplib.SMTP:
    host, port = str(parts.hostname), parts.port or _MAIL_PORTS[parts.scheme]
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    if parts.scheme == "smtp+starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: followed, a POST becomes a GET and the message is lost."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _reason(error: Exception) -> str:
    """Return why a receiver has not taken a message, without its address."""
    reason = getattr(error, "reason", None) or error
    code = getattr(error, "code", None) or getattr(error, "smtp_code", None)
    text = str(getattr(error, "smtp_error", b"") or reason)
    return f"{type(error).__name__}: {f'{code} ' if code else ''}{text}".strip()
