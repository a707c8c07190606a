"""Runs a script over the mini-batches of an input: the process of a node."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

from .batches import mini_batches
from .run import Run
from .script import LOG_FORMAT
from .settings import read_settings

# The name of Azure ML's own, where append_row_to is a folder.
_ROWS = "parallel_run_step.txt"
_log = logging.getLogger(__name__)


def main(options: argparse.Namespace) -> int:
    """Run all mini-batches; return 1 when more of them failed than may."""
    settings = read_settings(options.settings)
    # Now: a script that is debugged changes the folder of this process.
    append_to = options.append_to.resolve() if options.append_to else None
    logging.getLogger().setLevel(settings.logging_level)
    batches = mini_batches(options.input.resolve(), settings)
    run = Run(batches, settings)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        os.environ["AZUREML_BI_OUTPUT_PATH"] = str(options.output.resolve())
    with tempfile.TemporaryDirectory() as models:
        if options.model:
            _copy_model(options.model.resolve(), Path(models))
            os.environ["AZUREML_MODEL_DIR"] = models
        run.work(min(settings.workers, len(batches)))
    items = sum(len(batch) for batch in batches)
    _log.info("%s items in %s mini-batches, %s not scored", items, len(batches), run.failed_items)
    for error in run.errors:
        _log.warning("not scored: %s", error)
    if run.is_failed:
        _log.error(
            "%s items and %s mini-batches failed; allowed are %s and %s, where -1 is any number",
            *(run.failed_items, run.failed_batches),
            *(settings.error_threshold, settings.mini_batch_error_threshold),
        )
        return 1
    if append_to:
        _append(run.lines, append_to)
    return 0


def _append(lines: list[str], to: Path) -> None:
    file = to / _ROWS if to.is_dir() else to
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _copy_model(model: Path, folder: Path) -> None:
    # A link would not do: code that looks for its files walks past links.
    if model.is_dir():
        shutil.copytree(model, folder / model.name, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(model, folder / model.name)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="their file")
    parser.add_argument("--input", type=Path, required=True, help="what is split")
    parser.add_argument("--model", type=Path, help="the folder or file in AZUREML_MODEL_DIR")
    parser.add_argument("--output", type=Path, help="the folder in AZUREML_BI_OUTPUT_PATH")
    parser.add_argument("--append-to", type=Path, help="the file of what run() returned")
    return parser


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    sys.exit(main(_arguments().parse_args()))
