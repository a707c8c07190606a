"""A shell of an agent in which `make`, Python and Azure's clients only note what they are asked."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.__main__ import main
from tests.contract.files import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MAKE_TARGETS = re.findall(
    r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE
)
SPARKS = REPOSITORY / "environments" / "spark"
PYTHON = ".venv/bin/python"
VERB = (PYTHON, "-m", "aml_pipelines")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
# What a stand-in prints is the number of its line, by which a file tells whose it is.
_NOTES = """\
#!/bin/sh
{ printf '%s\\037' "$STAND_IN" "$@"; echo; } >> "$ASKED"
wc -l < "$ASKED"
"""


@dataclass(frozen=True)
class Command:
    """What was typed, in words, and the file among the records that keeps what it prints."""

    words: tuple[str, ...]
    record: str = ""


class AgentShell:
    """A checkout in `folder`, in which steps type their lines one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = folder / "records"
        self._asked = folder / "asked.txt"
        self._bin = folder / "bin"
        for place in (self.records, self._bin, folder / ".venv" / "bin"):
            place.mkdir(parents=True, exist_ok=True)
        for name in (".github", "devops_pipelines"):
            (folder / name).symlink_to(REPOSITORY / name)
        self.stand_in("make", _NOTES)
        self._stand_in(folder / PYTHON, _NOTES, PYTHON)
        # A loop that waits ends with its first wait.
        self.stand_in("sleep", "#!/bin/sh\nexit 1\n")

    def stand_in(self, name: str, script: str) -> None:
        self._stand_in(self._bin / name, script, name)

    def _stand_in(self, file: Path, script: str, name: str) -> None:
        file.write_text(script.replace("$STAND_IN", name))
        file.chmod(0o755)

    def types(self, script: str, variables: Mapping[str, str]) -> list[Command]:
        """Type the lines of a step; gives the commands among them that are stood in for."""
        before = len(self._lines())
        path = f"{self._bin}{os.pathsep}{os.environ['PATH']}"
        surroundings = {"PATH": path, "ASKED": str(self._asked), **variables}
        subprocess.run(
            [*BASH, script], cwd=self.folder, env=surroundings, check=True, stdout=subprocess.PIPE
        )
        kept = {
            number.strip(): file.name
            for file in sorted(self.records.iterdir())
            for number in file.read_text("utf-8").splitlines()
        }
        return [
            Command(tuple(line.split("\x1f")[:-1]), kept.get(str(number), ""))
            for number, line in enumerate(self._lines(), start=1)
            if number > before
        ]

    def _lines(self) -> list[str]:
        return self._asked.read_text("utf-8").splitlines() if self._asked.is_file() else []


def runs_dry(words: Sequence[str]) -> bool:
    """Return whether words are a make target, or a verb that ends well with --dry-run."""
    if words[0] == "make":
        return words[1] in MAKE_TARGETS and all(map(_is_known, words[2:]))
    return tuple(words[:3]) == VERB and main([*words[3:], "--dry-run"]) == 0


def _is_known(option: str) -> bool:
    """Return whether an option of make is a target, or a Spark that tests can run on."""
    name, _, value = option.partition("=")
    sparks = {folder.parent.name for folder in SPARKS.glob("*/requirements.lock")}
    known = {"TARGET": {"local", "dev", "prod"}, "SPARK": sparks}
    return value in known.get(name, ())
