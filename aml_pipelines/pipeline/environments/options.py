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


def read_policy(arguments: argparse.Namespace) -> Policy:
    """Return what parsed arguments allow of environments."""
    return Policy(arguments.environments == "build", tuple(arguments.packages))


def policy_words(policy: Policy) -> list[str]:
    """Return the options that `read_policy` reads as `policy`."""
    added = [f"--with={package}" for package in policy.packages]
    return [*(["--environments=build"] if policy.builds else []), *added]
