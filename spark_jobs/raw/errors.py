"""The error of raw files, each of which names the file and what helps."""

from __future__ import annotations


class SourceError(ValueError):
    """Raw files are missing, cannot be read, or have other columns than their contract allows."""
