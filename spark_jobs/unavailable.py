"""The store of the lake does not answer, is full, or refuses: what was not done, and what helps."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError

from spark_jobs.java_errors import causes_of, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.errors import PySparkException

# Java's errors of a store that cannot be asked now, whatever is in it.
_NO_ANSWER = {
    *("AbfsRestOperationException", "InvalidAbfsRestOperationException", "AbfsDriverException"),
    *("SocketException", "SocketTimeoutException", "ConnectException", "UnknownHostException"),
    *("NoRouteToHostException", "NoHttpResponseException", "SSLException", "TimeoutIOException"),
}
_IS_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
_IS_REFUSED = (
    *("Permission denied", "Read-only file system", "Operation not permitted"),
    *(
        "Mkdirs failed to create",
        "AccessControlException",
        "Parent path is not a directory",
        '", 403, ',
    ),
)


class UnavailableError(RuntimeError):
    """The store cannot be read or written now: no answer, no space, or no permission.

    Each table is as it was before the commit that failed, or as after it.
    """


def is_unavailable(error: Py4JJavaError | PySparkException) -> bool:
    """Return whether an error of Spark's is of the store, and not of what is in it."""
    names = {str(cause.getClass().getSimpleName()) for cause in causes_of(error)}
    return bool(names & _NO_ANSWER) or any(sign in str(error) for sign in (*_IS_FULL, *_IS_REFUSED))


def unavailable(error: Py4JJavaError | PySparkException, what: str, uri: str) -> UnavailableError:
    """Return the error of something, at a URI, that could not be done."""
    return UnavailableError(f"{what}: {reason_of(error)}; {_help(str(error), uri)}")


@contextmanager
def asking(uri: str, deed: str) -> Iterator[None]:
    """Raise UnavailableError where the store lets the block fail, which does `deed` to `uri`."""
    try:
        yield
    except Py4JJavaError as error:
        if is_unavailable(error):
            raise unavailable(error, f"{uri}: cannot be {deed}", uri) from error
        raise


def _help(message: str, uri: str) -> str:
    if any(sign in message for sign in _IS_FULL):
        return f"{_free(uri)}free some space, and run the pipeline again"
    if any(sign in message for sign in _IS_REFUSED):
        return "let this user write there, and run the pipeline again"
    return "run the pipeline again when the store answers"


def _free(uri: str) -> str:
    """Say how much is free at a folder of this machine; nothing of another store."""
    folder = Path(uri)
    if not folder.is_absolute():
        return ""
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    return f"{shutil.disk_usage(there).free:,} bytes are free there: "
