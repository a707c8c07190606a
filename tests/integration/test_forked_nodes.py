"""Scripts in forks behave as in a Python of their own, and the fork ends with who asked for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from aml_pipelines.execution.forked.warm import fork_variables, start_forks, stop_forks
from aml_pipelines.execution.kept import FOLDER_VARIABLE, places
from aml_pipelines.inherited import inherited_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEXT = os.path.dirname(sys.executable)  # noqa: PTH120 # as it stands on the path
SAYS = """
import json, os, sys
import conf_of_the_snapshot
json.dump({
    "arguments": sys.argv, "folder": os.getcwd(), "name": __name__, "file": __file__,
    "mine": os.environ["MINE"], "path": os.environ["PATH"], "executable": sys.executable,
    "first": sys.path[0], "imported": "mlflow" in sys.modules,
    "ours": [name for name in sys.modules if name.split(".")[0] in ("aml_pipelines", "conf")],
    "stdin": sys.stdin.read(),
}, sys.stdout)
print("to stderr", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the variables of a node whose scripts run in forks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("f")))
        start_forks()
        before = {**inherited_variables(), "PATH": f"{NEXT}:{os.environ['PATH']}", "MINE": "1"}
        while not (added := fork_variables(before)):
            time.sleep(0.1)
        (place,) = places(".forks")
        yield {**before, **added}
        assert stop_forks() == 1
        assert not place.exists()


def run(
    variables: dict[str, str], *words: str, folder: Path | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", '"$0" "$@"', "python", *words],
        cwd=folder,
        env=variables,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def script(folder: Path, text: str) -> str:
    (folder / "conf_of_the_snapshot.py").touch()
    (folder / "script.py").write_text(text)
    return "script.py"


@pytest.mark.slow
def test_a_script_has_its_own_arguments_folder_variables_and_files(
    forks: dict[str, str], tmp_path: Path
) -> None:
    done = run(forks, script(tmp_path, SAYS), "a", "b c", folder=tmp_path, typed="typed")

    said = json.loads(done.stdout)
    assert said.pop("path") == f"{NEXT}:{os.environ['PATH']}"
    assert said == {
        "arguments": ["script.py", "a", "b c"],
        "folder": str(tmp_path),
        "name": "__main__",
        "file": str(tmp_path / "script.py"),
        "mine": "1",
        "executable": f"{NEXT}/python",
        "first": str(tmp_path),
        "imported": True,
        "ours": [],
        "stdin": "typed",
    }
    assert done.stderr == "to stderr\n"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("import sys; sys.exit('why')", 1, "why\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("import atexit, sys; atexit.register(print, 'at exit', file=sys.stderr)", 0, "at exit\n"),
    ],
)
def test_it_ends_as_it_would_in_a_python_of_its_own(
    forks: dict[str, str], tmp_path: Path, text: str, code: int, said: str
) -> None:
    name = script(tmp_path, text)
    for variables in (forks, {**forks, "PATH": forks["PATH"].partition(":")[2]}):
        done = run(variables, name, folder=tmp_path)
        # A shell that replaces itself by the program has its signal too.
        assert (done.returncode, done.stderr) in ((code, said), (128 - code, said))


def test_an_error_is_shown_as_python_shows_it(forks: dict[str, str], tmp_path: Path) -> None:
    name = script(tmp_path, "def f():\n    raise ValueError('wrong')\n\nf()\n")
    own = {**forks, "PATH": forks["PATH"].partition(":")[2]}

    assert run(forks, name, folder=tmp_path).stderr == run(own, name, folder=tmp_path).stderr


def test_what_is_no_script_is_python_itself(forks: dict[str, str], tmp_path: Path) -> None:
    said = run(forks, "-c", "import sys; print('mlflow' in sys.modules, sys.executable)")

    assert said.stdout == f"False {NEXT}/python\n"
    assert run(forks, "missing.py", folder=tmp_path).returncode in (1, 2)


def test_forks_draw_other_numbers(forks: dict[str, str], tmp_path: Path) -> None:
    text = "import random, uuid, numpy; print(random.random(), numpy.random.rand(), uuid.uuid4())"
    name = script(tmp_path, text)
    first, second = (run(forks, name, folder=tmp_path).stdout.split() for _ in range(2))

    assert not set(first) & set(second)


def test_a_fork_ends_with_who_asked_for_it(forks: dict[str, str], tmp_path: Path) -> None:
    text = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    words = ["/bin/bash", "-c", f"exec python {script(tmp_path, text)}"]
    asking = subprocess.Popen(words, cwd=tmp_path, env=forks)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.01)
    fork = psutil.Process(int((tmp_path / "pid").read_text()))
    asking.kill()
    asking.wait()

    assert fork.pid != asking.pid
    psutil.wait_procs([fork], timeout=10)
    assert not fork.is_running() or fork.status() == psutil.STATUS_ZOMBIE


def test_without_a_server_a_script_runs_all_the_same(forks: dict[str, str], tmp_path: Path) -> None:
    gone = {**forks, "AML_PIPELINES_FORKS": str(tmp_path / "none")}
    done = run(gone, script(tmp_path, SAYS), folder=tmp_path)

    assert json.loads(done.stdout)["imported"] is False
