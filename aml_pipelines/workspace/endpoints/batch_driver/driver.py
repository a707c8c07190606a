"""Scores the files of a folder in mini-batches: the command of a batch deployment's jobs."""

from __future__ import annotations

import argparse
import json
import logging
import os
import queue
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .worker import MiniBatchError, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY_ONLY = "SummaryOnly"
IGNORE_ERRORS = -1
_SNAPSHOT = Path(__file__).resolve().parents[1]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment, from the snapshot's settings.json."""

    script: str
    mini_batch_size: int
    concurrency: int
    output_action: str
    output_file: str
    error_threshold: int
    max_retries: int
    timeout: float


class Run:
    """The mini-batches of one job: those left, and the results of the others."""

    def __init__(self, batches: Sequence[Sequence[str]], settings: Settings) -> None:
        self._settings = settings
        self._left: queue.SimpleQueue[tuple[int, Sequence[str]]] = queue.SimpleQueue()
        for item in enumerate(batches):
            self._left.put(item)
        self.scored: dict[int, list[str]] = {}
        self.errors: list[str] = []
        self.not_scored = 0

    @property
    def is_failed(self) -> bool:
        allowed = self._settings.error_threshold
        return allowed != IGNORE_ERRORS and self.not_scored > allowed

    def work(self, worker: Worker) -> None:
        """Score mini-batches beside other workers, until none is left or too many files failed."""
        while not self.is_failed:
            try:
                number, files = self._left.get_nowait()
            except queue.Empty:
                return
            self._score(worker, number, files)

    def _score(self, worker: Worker, number: int, files: Sequence[str]) -> None:
        for attempt in range(self._settings.max_retries + 1):
            try:
                answer = worker.score(files, self._settings.timeout)
            except MiniBatchError as error:
                _log.warning("mini-batch %s, attempt %s: %s", number, attempt + 1, error)
                last = error
            else:
                self.scored[number] = answer
                self.not_scored += max(0, len(files) - len(answer))
                return
        self.not_scored += len(files)
        self.errors.append(f"{', '.join(map(str, files))}: {last}")


def main(scored: str, model: str, output: str) -> int:
    settings = Settings(**json.loads((_SNAPSHOT / "settings.json").read_text(encoding="utf-8")))
    files, folder = _files(Path(scored).resolve()), Path(output).resolve()
    size = settings.mini_batch_size
    batches = [files[begin : begin + size] for begin in range(0, len(files), size)]
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(batches, settings)
    with tempfile.TemporaryDirectory() as models:
        os.environ["AZUREML_BI_OUTPUT_PATH"] = str(folder)
        if model:
            _copy_model(Path(model).resolve(), Path(models))
            os.environ["AZUREML_MODEL_DIR"] = models
        _score(run, settings, workers=min(settings.concurrency, len(batches)))
    _log.info(
        "%s files in %s mini-batches, %s not scored", len(files), len(batches), run.not_scored
    )
    if run.is_failed:
        _log.error("too many files were not scored: %s", "; ".join(run.errors) or run.not_scored)
        return 1
    if settings.output_action != SUMMARY_ONLY:
        rows = [row for number in sorted(run.scored) for row in run.scored[number]]
        text = "".join(f"{row}\n" for row in rows)
        (folder / settings.output_file).write_text(text, encoding="utf-8")
    return 0


def _score(run: Run, settings: Settings, *, workers: int) -> None:
    started = [Worker(_SNAPSHOT / "code" / settings.script) for _ in range(workers)]
    threads = [threading.Thread(target=run.work, args=(worker,)) for worker in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in started:
        worker.stop()


def _copy_model(model: Path, folder: Path) -> None:
    # A link would not do: code that looks for its files walks past links.
    if model.is_dir():
        shutil.copytree(model, folder / model.name, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(model, folder / model.name)


def _files(scored: Path) -> list[str]:
    if scored.is_file():
        return [str(scored)]
    files = sorted(str(file) for file in scored.rglob("*") if file.is_file())
    if not files:
        raise SystemExit(f"there is no file to score in {scored}")
    return files


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scored", required=True, help="the folder or file to score")
    parser.add_argument("--model", default="", help="the model's folder or file")
    parser.add_argument("--output", required=True, help="the folder for what is scored")
    return parser


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.exit(main(**vars(_arguments().parse_args())))
