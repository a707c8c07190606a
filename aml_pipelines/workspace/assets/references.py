"""Reads the references to assets in request bodies: ARM ids, azureml:NAME:VERSION and @LABEL."""

from __future__ import annotations

import re

_ID = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resource[gG]roups/[^/]+/providers"
    r"/Microsoft\.MachineLearningServices/workspaces/[^/]+/(?P<kind>\w+)/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?"
)
_NAMED = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>[^:/]+))")


def asset_of(reference: str) -> tuple[str, str, str] | None:
    """Return the name, version and label of an asset; None if `reference` names no asset."""
    match = _ID.fullmatch(reference) or _NAMED.fullmatch(reference)
    if not match:
        return None
    return match["name"], match["version"] or "", match["label"] or ""
