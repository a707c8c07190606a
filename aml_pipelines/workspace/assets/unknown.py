"""Refuses what is not found with the codes that the service has for that kind of asset."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def unknown_is(*inner: str, detail: str = "") -> Iterator[None]:
    """Refuse (404) what the block does not find, with the code `inner` or `detail`."""
    try:
        yield
    except NotFoundError as error:
        raise ArmError(404, "NotFound", str(error), *inner, detail=detail) from error
