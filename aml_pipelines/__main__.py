"""The command line: `python -m aml_pipelines VERB …`; each verb is a module of this package."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from typing import TYPE_CHECKING

from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    from types import ModuleType

HERE, AZURE = "aml_pipelines", "aml_pipelines.azure"
VERBS = {
    "plan": (HERE, "print every resolved command and every wiring error of pipelines"),
    "run": (HERE, "run pipelines on this machine"),
    "sample": (HERE, "put sample data into the lake's raw folder"),
    "versions": (HERE, "give every image the version of its content, wherever it is named"),
    "workspace": (HERE, "serve the local workspace to MLClient, until it is interrupted"),
    "bootstrap": (AZURE, "make what pipelines need in a workspace"),
    "upload": (AZURE, "bring raw files from this machine to the lake"),
    "register": (AZURE, "register environments, components and data assets"),
    "submit": (AZURE, "send a pipeline, a Spark job or one component to a workspace"),
    "status": (AZURE, "say what a job and its nodes are doing"),
    "logs": (AZURE, "print what a job, or one node of it, has written"),
    "cancel": (AZURE, "stop a job and all its nodes"),
    "runs": (AZURE, "search runs by metric and tag, and find the best"),
    "schedule": (AZURE, "run pipelines by the clock"),
    "champion": (AZURE, "name the champion of a model, or go back to the one before"),
    "deploy": (AZURE, "deploy a model to a batch or an online endpoint"),
    "invoke": (AZURE, "ask an endpoint for scores"),
    "promote": (AZURE, "bring a model from one workspace to another, as it is"),
    "teardown": (AZURE, "delete what costs money"),
}
FAILED, INVALID = 1, 2


def main(words: list[str]) -> int:
    """Run the verb that `words` begin with; its module is imported only then."""
    parser = argparse.ArgumentParser(prog="python -m aml_pipelines", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    chosen = verb_module(words[0]) if words[:1] and words[0] in VERBS else None
    for name, (_, purpose) in VERBS.items():
        verb = verbs.add_parser(name, help=purpose, description=purpose)
        if chosen and name == words[0]:
            chosen.add_arguments(verb)
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        code: int = verb_module(arguments.verb).main(arguments)
    except ValueError as error:  # what the caller can put right; each error class here is one
        print(error, file=sys.stderr)
        return INVALID
    except CommandFailedError as error:
        print(error, file=sys.stderr)
        return FAILED
    return code


def verb_module(verb: str) -> ModuleType:
    """Import the module of a verb."""
    return importlib.import_module(f"{VERBS[verb][0]}.{verb}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
