"""The process of a scoring server: gunicorn, which ends with its parent.

It is run as a file with -P, so that scoring code finds its own modules and none of this project's.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from gunicorn.app.wsgiapp import run  # type: ignore[import-untyped]  # it ships no type hints


def _end_with_parent() -> None:
    # The parent has the other end of this pipe: however it ends, this process ends too.
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run()
