"""The variables of this process that nodes, jobs and scoring servers inherit.

In Azure they would see none of them: what is not needed to start a program here is left out, so
that neither a login of the machine's user nor a setting of their shell reaches the code of a job.
"""

from __future__ import annotations

import os
import re

from conf import faults

_NAMES = frozenset(
    {
        # Of the machine and its user.
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "NO_COLOR"),
        *("TMPDIR", "TMP", "TEMP", "COLUMNS", "LINES", "VIRTUAL_ENV", "LD_LIBRARY_PATH"),
        *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"),
        # Of its network.
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"),
        # Of the workspace that runs the job.
        *("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_TOKEN_CREDENTIALS"),
        # Of a test that ends processes.
        faults.VARIABLE,
    }
)
# Settings of programs; those of PIP_ and UV_ say where packages come from.
_SETTINGS = re.compile(
    r"(LC|XDG|PIP|UV|JAVA|JDK|SPARK|PYSPARK|HADOOP|PYTHON|MLFLOW|AZUREML|OMP|MKL|OPENBLAS)(_.*|[A-Z]+)"
)
# What the processes of jobs and tests are given.
_OF_JOBS = ("PYTHONPATH", "PYSPARK", "AZUREML_", "MLFLOW_", "IDENTITY_")
_SECRET = re.compile(r"TOKEN|PASSWORD|SECRET|CREDENTIAL|USERNAME|_KEY\b")


def inherited_variables(*, but: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the variables that a child process may have of this one, except those named `but`."""
    return {
        name: value for name, value in os.environ.items() if name not in but and _is_inherited(name)
    }


def command_variables() -> dict[str, str]:
    """Return the variables of a command that this process types as a person would, who has no job.

    No token of a job is among them: what runs may be the code of another commit.
    """
    inherited = inherited_variables()
    return {name: value for name, value in inherited.items() if not name.startswith(_OF_JOBS)}


def _is_inherited(name: str) -> bool:
    if name.upper() in _NAMES:
        return True
    return bool(_SETTINGS.fullmatch(name)) and not _SECRET.search(name)
