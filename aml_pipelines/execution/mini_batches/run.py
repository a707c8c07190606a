"""One run over mini-batches: workers, retries, and what was and was not scored."""

from __future__ import annotations

import logging
import queue
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from .settings import IGNORE_ERRORS
from .worker import DebuggedScript, MiniBatchError, Scored, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .batches import MiniBatch
    from .settings import Settings

_log = logging.getLogger(__name__)


class Run:
    """The mini-batches of one job: those left, and the answers of the others."""

    def __init__(self, batches: Sequence[MiniBatch], settings: Settings) -> None:
        self._settings = settings
        self._left: queue.SimpleQueue[MiniBatch] = queue.SimpleQueue()
        for batch in batches:
            self._left.put(batch)
        self.answers: dict[int, Scored] = {}
        self.errors: list[str] = []
        self.failed_items = 0
        self.failed_batches = 0

    @property
    def is_failed(self) -> bool:
        """Return whether more items or mini-batches have failed than may."""
        pairs = (
            (self.failed_items, self._settings.error_threshold),
            (self.failed_batches, self._settings.mini_batch_error_threshold),
        )
        return any(allowed != IGNORE_ERRORS and failed > allowed for failed, allowed in pairs)

    def work(self, workers: int) -> None:
        """Run the mini-batches in `workers` processes, until none is left or too many failed."""
        if self._settings.is_debugged:
            self._work(DebuggedScript(self._settings))
            return
        with ThreadPoolExecutor(max_workers=workers) as threads:
            started = [threads.submit(self._work_beside) for _ in range(workers)]
            # Their results are read, so that an error in a thread is no silent end of it.
            for worker in started:
                worker.result()

    @property
    def lines(self) -> list[str]:
        """The lines of all answers, in the order of the mini-batches, below one header."""
        answers = [self.answers[number] for number in sorted(self.answers)]
        headers = [answer.header for answer in answers if answer.header]
        return [*headers[:1], *(line for answer in answers for line in answer.lines)]

    def _work_beside(self) -> None:
        self._work(Worker(self._settings))

    def _work(self, worker: Worker | DebuggedScript) -> None:
        while not self.is_failed:
            try:
                batch = self._left.get_nowait()
            except queue.Empty:
                break
            self._run(worker, batch)
        problem = worker.stop()
        if problem:
            _log.warning("shutdown() failed: %s", problem)

    def _run(self, worker: Worker | DebuggedScript, batch: MiniBatch) -> None:
        for attempt in range(self._settings.max_retries + 1):
            try:
                answer = worker.answer(batch)
            except MiniBatchError as error:
                _log.warning("mini-batch %s, attempt %s: %s", batch.number, attempt + 1, error)
                last = str(error)
            else:
                self._take(batch, answer)
                return
        self._fail(batch, len(batch), last)

    def _take(self, batch: MiniBatch, answer: Scored) -> None:
        self.answers[batch.number] = answer
        lacking = len(batch) - answer.count
        if lacking > 0:
            self._fail(batch, lacking, f"run() returned {answer.count} of {len(batch)} items")

    def _fail(self, batch: MiniBatch, items: int, reason: str) -> None:
        self.failed_batches += 1
        self.failed_items += items
        self.errors.append(f"{batch.name}: {reason}")
