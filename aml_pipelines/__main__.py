"""The command line: `python -m aml_pipelines VERB …`; each verb is a module of `verbs`."""

from __future__ import annotations

import argparse
import importlib
import keyword
import logging
import sys
import traceback
from typing import TYPE_CHECKING

from aml_pipelines.disk import disk_problem
from aml_pipelines.errors import CommandFailedError
from conf.errors import UserError

if TYPE_CHECKING:
    from types import ModuleType

VERBS = {
    "plan": "print every resolved command and every wiring error of pipelines",
    "run": "run pipelines on this machine",
    "fetch": "bring data elsewhere that job files name to this machine",
    "explain": "say why a node ran or was reused, and what changed",
    "new": "write the files of a new step, green from the start",
    "sample": "put sample data into the lake's raw folder",
    "init": "draft a contract, and a model, from files",
    "profile": "show what the raw files of a dataset hold",
    "try": "judge a file by a contract, without writing",
    "versions": "give every image the version of its content, wherever it is named",
    "workspace": "serve the local workspace to MLClient, until it is interrupted",
    "bootstrap": "make what pipelines need in a workspace",
    "care": "find what crashes left in the lake, and remove it",
    "health": "print the state of data, scores and model, as monitoring judged it",
    "release": "write the scores of a batch that an incident has held back",
    "lineage": "say what a table, model or row was made from, and what of it",
    "impact": "say what a raw file has reached, and the commands that repair it",
    "diff": "say how two versions of a table differ",
    "withdraw": "take a file, and all that came from it, out of the lake",
    "replay": "judge quarantined rows anew, by today's contract or as repaired copies",
    "backfill": "score past days with any version of a model",
    "upload": "bring raw files from this machine to the lake",
    "register": "register environments, components and data assets",
    "submit": "send a pipeline, a Spark job or one component to a workspace",
    "status": "say what a job and its nodes are doing",
    "logs": "print what a job, or one node of it, has written",
    "cancel": "stop a job and all its nodes",
    "runs": "search runs by metric and tag, and find the best",
    "history": "print rows, seconds and costs of all runs, and what is unusual",
    "events": "tell what runs read and wrote, as OpenLineage events",
    "schedule": "run pipelines by the clock",
    "champion": "name the champion of a model, or go back to the one before",
    "deploy": "deploy a model to a batch or an online endpoint",
    "invoke": "ask an endpoint for scores",
    "promote": "bring a model from one workspace to another, as it is",
    "teardown": "delete what costs money",
    "jvm": "list or end the JVMs that runs have left for the next one",
}
FAILED, INVALID, DEFECT = 1, 2, 70  # DEFECT is sysexits' EX_SOFTWARE


def main(words: list[str]) -> int:
    """Run the verb that `words` begin with; its module is imported only then."""
    # argparse: typer and click would save few lines here and cost their import on every call.
    parser = argparse.ArgumentParser(prog="python -m aml_pipelines", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    # Only the chosen verb is imported: the SDK alone takes three seconds.
    chosen = verb_module(words[0]) if words[:1] and words[0] in VERBS else None
    for name, purpose in VERBS.items():
        verb = verbs.add_parser(name, help=purpose, description=purpose)
        if chosen and name == words[0]:
            chosen.add_arguments(verb)
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        code: int = verb_module(arguments.verb).main(arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        return INVALID
    except CommandFailedError as error:
        print(error, file=sys.stderr)
        return FAILED
    except Exception as error:  # noqa: BLE001 # a defect of ours, unless the disk has refused
        problem = disk_problem(error)
        if problem is None:
            traceback.print_exc()
            return DEFECT
        print(problem, file=sys.stderr)
        return FAILED
    return code


def verb_module(verb: str) -> ModuleType:
    """Import the module of a verb."""
    name = f"{verb}_" if keyword.iskeyword(verb) else verb
    return importlib.import_module(f"aml_pipelines.verbs.{name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
