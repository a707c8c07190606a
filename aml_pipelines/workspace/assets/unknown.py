"""Refuses what is not found with the codes that the service has for that kind of asset."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.store.asset_kind import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def unknown_is(code: str = NOT_FOUND, *inner: str, detail: str = "") -> Iterator[None]:
    """Refuse (404) what the block does not find, with the codes `code` and `inner` or `detail`."""
    try:
        yield
    except NotFoundError as error:
        raise ArmError(404, code, str(error), *inner, detail=detail) from error
