"""A Python that nodes run with: its interpreter, its packages, and a layer on top of them.

A node gets a layer of its own, so that what it installs reaches no other node and never this
project's environment. A layer is a virtual environment that sees the packages below it.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class PythonEnvironment:
    """An interpreter, the folders of its packages, nearest first, and those of its programs."""

    interpreter: Path
    version: str
    sites: tuple[Path, ...]
    programs: tuple[Path, ...]

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which a shell and an installer find this environment first."""
        inherited = os.environ.get("PATH", "")
        return {
            "PATH": os.pathsep.join([*map(str, self.programs), inherited]),
            "VIRTUAL_ENV": str(self.programs[0].parent),
            # Executors start Python by these names.
            "PYSPARK_PYTHON": str(self.interpreter),
            "PYSPARK_DRIVER_PYTHON": str(self.interpreter),
        }


def this_environment() -> PythonEnvironment:
    """Return the environment of this process."""
    return PythonEnvironment(
        Path(sys.executable),
        f"{sys.version_info.major}.{sys.version_info.minor}",
        (Path(sysconfig.get_path("purelib")),),
        (Path(sys.executable).parent,),
    )


def own_environment(folder: Path) -> PythonEnvironment:
    """Return the virtual environment in `folder`."""
    (site,) = (folder / "lib").glob("python*/site-packages")
    version = site.parent.name.removeprefix("python")
    return PythonEnvironment(folder / "bin" / "python", version, (site,), (folder / "bin",))


def lay(folder: Path, below: PythonEnvironment) -> PythonEnvironment:
    """Make an empty layer on top of `below` in `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    programs = folder / "bin"
    site = folder / "lib" / f"python{below.version}" / "site-packages"
    programs.mkdir(parents=True)
    site.mkdir(parents=True)
    base = below.interpreter.resolve()
    for name in ("python", "python3", f"python{below.version}"):
        (programs / name).symlink_to(base)
    for name in ("pip", "pip3"):
        # The one below would install there: its first line names the interpreter below.
        _write_program(programs / name, 'exec "${0%/*}/python" -m pip "$@"')
    (folder / "pyvenv.cfg").write_text(
        f"home = {base.parent}\ninclude-system-site-packages = false\nversion = {below.version}\n"
    )
    # addsitedir and no bare path: packages below may have such files of their own.
    lines = [f"import site; site.addsitedir({str(path)!r})\n" for path in below.sites]
    (site / "below.pth").write_text("".join(lines))
    interpreter = programs / "python"
    return PythonEnvironment(
        interpreter, below.version, (site, *below.sites), (programs, *below.programs)
    )


@contextmanager
def layer(folder: Path, below: PythonEnvironment) -> Iterator[PythonEnvironment]:
    """Lay an empty layer on `below` for as long as the block runs."""
    try:
        yield lay(folder, below)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_program(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
