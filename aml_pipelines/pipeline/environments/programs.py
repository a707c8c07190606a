"""Finds the program that a shell command runs first, where its text tells."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

# What a command line does before its program: nothing that installs or defines one.
_BEFORE = r"(?:(?:cd|echo|export|ls|mkdir|pwd|set)\b[^&|;()\n]*(?:&&|;|\n)\s*)*"
_VARIABLES = r"(?:\w+=[^\s&|;()$`'\"]*\s+)*"
_FIRST = re.compile(rf"\s*{_BEFORE}{_VARIABLES}([A-Za-z][\w.+-]*)(?=\s|$)")
# Bash's own, as `compgen -bk` lists them.
_BUILTINS = (
    "alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs"
    " disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let"
    " local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt"
    " source suspend test times trap true type typeset ulimit umask unalias unset wait"
)
_KEYWORDS = "case coproc do done elif else esac fi for function if in select then time until while"
_OF_THE_SHELL = frozenset([*_BUILTINS.split(), *_KEYWORDS.split()])


def missing_program(command: str) -> str:
    """Return the program that `command` runs first, if it is not on this machine.

    Return nothing where the text does not tell: a program that is found by a path or a variable,
    or one behind a command that may install it.
    """
    first = _FIRST.match(command)
    if not first or first[1] in _OF_THE_SHELL:
        return ""
    # A node finds the programs of this environment first, whether or not it is activated here.
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return "" if shutil.which(first[1], path=places) else first[1]
