"""The option of commands that names local copies of data elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import PipelineError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def add_map_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        dest="mapped",
        metavar="ADDRESS=PATH",
        help="a local file or folder for an address elsewhere, a datastore, or the beginning of "
        "addresses; repeatable",
    )


def read_map(texts: list[str]) -> dict[str, str]:
    """Return the paths of ADDRESS=PATH arguments; raises PipelineError for another form."""
    return dict(_mapping(text) for text in texts)


def map_words(mapped: Mapping[str, str]) -> list[str]:
    """Return the options that `read_map` reads as `mapped`."""
    return [f"--map={address}={path}" for address, path in mapped.items()]


def _mapping(text: str) -> tuple[str, str]:
    # Either side may have further equals signs: the path is what there is, or follows the last one.
    splits = [(text[:at], text[at + 1 :]) for at, sign in enumerate(text) if sign == "="]
    splits = [split for split in splits if all(split)]
    if not splits:
        raise PipelineError(f"--map {text!r} is not of the form ADDRESS=PATH")
    existing = [split for split in splits if Path(split[1]).exists()]
    address, path = [*existing, splits[-1]][0]
    return address, str(Path(path).resolve())
