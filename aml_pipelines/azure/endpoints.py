"""Sends the rows of a file to an online endpoint for scoring."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from azure.ai.ml import MLClient


def ask(client: MLClient, name: str, file: Path, deployment: str | None) -> str:
    """Send the rows in `file` to an online endpoint; return the text of its response."""
    with own_deployment():
        return str(
            client.online_endpoints.invoke(
                endpoint_name=name, request_file=str(file), deployment_name=deployment
            )
        )


@contextmanager
def own_deployment() -> Iterator[None]:
    """Keep the deployment of one call out of the next: the SDK stores it in a shared header."""
    from azure.ai.ml.constants._endpoint import (  # noqa: PLC0415 # it has no public name
        EndpointInvokeFields,
    )

    try:
        yield
    finally:
        EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)


def read_rows(file: Path) -> str:
    """Return the text of a request; raises UserError when it is not `{"rows": [{…}, …]}`."""
    try:
        text = file.read_text(encoding="utf-8")
        rows = json.loads(text)
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{file}: is not JSON: {error}") from error
    if not isinstance(rows, dict) or not isinstance(rows.get("rows"), list):
        raise UserError(f'{file}: is not of the form {{"rows": [{{"column": value}}, …]}}')
    return text
