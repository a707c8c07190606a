"""The target of a command line, with variables of the environment and of `.env`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from conf.target import LOCAL, REPOSITORY
from conf.target_file import load_target

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from conf.target import Target


def add_target_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", default=LOCAL, help="a name in conf/targets, or a path (default: local)"
    )


def command_target(name: str) -> Target:
    """Return the target `name`; raises ConfError with everything that is wrong in its file."""
    return load_target(name, variables())


def variables() -> Mapping[str, str]:
    """Return the variables that targets may name; the environment wins over `.env`."""
    # Empty values are as good as none: .env.example is copied with its empty lines.
    from_file = dotenv_values(REPOSITORY / ".env")
    return {**{name: value for name, value in from_file.items() if value}, **os.environ}
