"""The options of commands that say what may be done for nodes that ask for other packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.environments.choose import Policy

if TYPE_CHECKING:
    import argparse


def add_environment_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environments",
        choices=("this", "build"),
        default="this",
        help="build: a node that asks for packages that are not here gets an environment of its "
        "own (this)",
    )
    parser.add_argument(
        "--with",
        action="append",
        default=[],
        dest="packages",
        metavar="PACKAGE",
        help="a package for all nodes, beside those of this environment; repeatable",
    )
    parser.add_argument(
        "--stand-in",
        action="append",
        default=[],
        dest="stand_ins",
        metavar="KIND=STAND_IN",
        help="run nodes of a kind that only Azure runs by something else: automl=flaml",
    )


def read_policy(arguments: argparse.Namespace) -> Policy:
    """Return what parsed arguments allow of environments."""
    builds = arguments.environments == "build"
    return Policy(builds, tuple(arguments.packages), tuple(arguments.stand_ins))


def policy_words(policy: Policy) -> list[str]:
    """Return the options that `read_policy` reads as `policy`."""
    added = [f"--with={package}" for package in policy.packages]
    allowed = [f"--stand-in={stand_in}" for stand_in in policy.stand_ins]
    return [*(["--environments=build"] if policy.builds else []), *added, *allowed]
