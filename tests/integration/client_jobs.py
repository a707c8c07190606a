"""Runs scripts that use Azure's client, each in a process of its own, forked from one that has it.

Importing the client takes longer than what most scripts do with it. This process has imported it
with no environment at all, and what it forks gets its job's and nothing else.
"""

from __future__ import annotations

import gc
import json
import os
import socketserver
import sys
import threading
import traceback

# Not used here: what a script imports is there.
import azure.ai.ml
import azure.ai.ml.entities._load_functions
import azure.identity  # noqa: F401


class Job(socketserver.StreamRequestHandler):
    """A request of one line: a script, its environment, and the files for what it prints."""

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.path[:0] = ["", *filter(None, os.environ.get("PYTHONPATH", "").split(":"))]
        for stream, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(asked[name], os.O_WRONLY), stream)
        code = 0
        try:
            # Not with this file's own future imports: the SDK reads annotations.
            script = compile(asked["script"], "<job>", "exec", dont_inherit=True)
            exec(script, {"__name__": "__main__"})  # noqa: S102
        except BaseException:  # noqa: BLE001 # the end of the process, whatever it is
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        self.wfile.write(b"%d\n" % code)


class Jobs(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """Forks for every request; as many as want to may run at once."""

    request_queue_size = 64
    max_children = 64


def end_with_parent() -> None:
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    with Jobs(sys.argv[1], Job) as jobs:
        threading.Thread(target=end_with_parent, daemon=True).start()
        gc.freeze()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        jobs.serve_forever()
