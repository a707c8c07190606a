"""The command line: `python -m aml_pipelines VERB …`; each verb is a module of this package."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys

VERBS = {
    "plan": "print every resolved command and every wiring error of pipelines",
    "run": "run pipelines on this machine",
    "sample": "put sample data into the lake's raw folder",
}
INVALID = 2


def main(words: list[str]) -> int:
    """Run the verb that `words` begin with; its module is imported only then."""
    parser = argparse.ArgumentParser(prog="python -m aml_pipelines", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    chosen = (
        importlib.import_module(f"aml_pipelines.{words[0]}")
        if words[:1] and words[0] in VERBS
        else None
    )
    for name, purpose in VERBS.items():
        verb = verbs.add_parser(name, help=purpose, description=purpose)
        if chosen and name == words[0]:
            chosen.add_arguments(verb)
    arguments = parser.parse_args(words)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        code: int = importlib.import_module(f"aml_pipelines.{arguments.verb}").main(arguments)
    except ValueError as error:  # what the caller can put right; each error class here is one
        print(error, file=sys.stderr)
        return INVALID
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
