"""What `python` is in a node of this project: it has scripts run by the server of forks.

It is Python itself for all else, and where no server answers. It runs without site and sees
no package, so that it starts in 10 ms: nothing but the standard library may be imported.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# A server that does not answer by then is stuck.
READY_SECONDS = 10.0
_LENGTH = struct.Struct("!I")
_STATUS = struct.Struct("!i")


def next_python() -> str:
    """Return the Python on the path that this one stands before, and take this one off the path."""
    folders = [item for item in os.environ["PATH"].split(os.pathsep) if item != HERE]
    os.environ["PATH"] = os.pathsep.join(folders)
    candidates = [os.path.join(folder, "python") for folder in folders]
    return next(item for item in candidates if os.access(item, os.X_OK))


def run_in_fork(executable: str) -> int | None:
    """Have the script run in a fork; return its exit code, or None where nobody runs it."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(READY_SECONDS)
    try:
        connection.connect(os.environ["AML_PIPELINES_FORKS"])
        if not connection.recv(1):
            return None
    except (KeyError, OSError):
        return None
    connection.settimeout(None)
    asked = {
        "arguments": sys.argv[1:],
        "executable": executable,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
    }
    body = json.dumps(asked).encode()
    socket.send_fds(connection, [_LENGTH.pack(len(body))], [0, 1, 2])
    connection.sendall(body)
    answer = connection.recv(_STATUS.size)
    return int(_STATUS.unpack(answer)[0]) if answer else 1


def main() -> None:
    executable = next_python()
    is_script = len(sys.argv) > 1 and sys.argv[1].endswith(".py") and sys.argv[1][0] != "-"
    code = run_in_fork(executable) if is_script else None
    if code is None:
        os.execv(executable, [executable, *sys.argv[1:]])
    if code < 0:  # it was ended by a signal, and so is this
        if -code != signal.SIGKILL:  # which has no handler to take away
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
