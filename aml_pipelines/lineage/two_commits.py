"""Runs the pipelines of two commits on the same raw files, each on a lake of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.execution.log_end import last_lines
from aml_pipelines.execution.record import git_commit
from aml_pipelines.inherited import command_variables
from aml_pipelines.lineage.differences import compare_lakes, key_of
from aml_pipelines.lineage.graph import Lineage
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from conf.dataset import load_dataset
from conf.errors import UserError
from conf.model import load_model
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.lineage.differences import TableDifference

PIPELINES = ("data", "training", "batch_inference")
_NAMES = {"subscription_id": "none", "resource_group": "local", "name": "local"}
# Columns that name the run, which is another one on either side.
_OF_RUNS = ("run_id",)


@dataclass(frozen=True)
class Side:
    """A commit, or the files as they are, and the lake on which its pipelines ran."""

    name: str
    lake: Path

    @property
    def lineage(self) -> Lineage:
        return Lineage(self.lake, self.lake)

    def champion(self, model_name: str) -> dict[str, Any] | None:
        """Return the tested metric of the champion with its interval; None without a model."""
        stored = MlflowTables(self.lake)
        if not any(each.name == model_name for each in stored.containers("All")):
            return None
        newest = max(stored.models(model_name, "All"), key=lambda each: int(each.version))
        winner: dict[str, Any] = json.loads(newest.tags["decision"])["winner"]
        return winner


@dataclass(frozen=True)
class CommitDifference:
    """What two commits made of the same raw files: metrics, and tables by name.

    `only` has the tables that one of both has alone, with its name.
    """

    before: str
    after: str
    model_name: str
    data: str
    metric: str
    champion_before: Mapping[str, Any] | None
    champion_after: Mapping[str, Any] | None
    tables: Mapping[str, TableDifference]
    only: Mapping[str, str]


def compare_commits(
    since: str, model_name: str, raw: Path | None, folder: Path, *, examples: int
) -> CommitDifference:
    """Compare what a commit and the files as they are make of the same raw files, below `folder`.

    Without `raw`, the folder of a lake's raw files, it is the sample of the model's dataset. Raises
    UserError for a commit or a sample that is not there, and CommandFailedError where the pipelines
    of one of both do not complete.
    """
    model = load_model(model_name)
    before, after = _run_both(since, model_name, raw or _sample(model.dataset, folder), folder)
    tables, only = _compared(before, after, examples=examples)
    return CommitDifference(
        before=before.name,
        after=after.name,
        model_name=model_name,
        data=str(raw) if raw else f"the sample {model.dataset}",
        metric=model.metric,
        champion_before=before.champion(model_name),
        champion_after=after.champion(model_name),
        tables=tables,
        only=only,
    )


def _sample(dataset: str, folder: Path) -> Path:
    lake = folder / "sample"
    sampled = subprocess.run(
        [sys.executable, "-m", "aml_pipelines", "sample", dataset, "--lake", str(lake)],
        cwd=REPOSITORY,
        env=command_variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    if sampled.returncode:
        raise UserError(f"{sampled.stderr.strip()}; name raw files of {dataset!r}: --raw .lake/raw")
    return lake / "raw"


def _run_both(since: str, model_name: str, raw: Path, folder: Path) -> tuple[Side, Side]:
    commit = _commit(since)
    checkout = folder / "before" / "repository"
    _check_out(commit, checkout)
    now = git_commit() or "the files as they are"
    sides = (
        (checkout, Side(f"{since} ({commit[:10]})", folder / "before" / "lake")),
        (REPOSITORY, Side(now[:10] + "+" * now.endswith("+"), folder / "after" / "lake")),
    )
    for repository, side in sides:
        shutil.copytree(raw, side.lake / "raw")  # with their times, which tables have too
        _run(repository, side, model_name)
    return sides[0][1], sides[1][1]


def _commit(since: str) -> str:
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}")
    if found.returncode:
        raise UserError(
            f"--since {since}: {REPOSITORY} has no such commit; name a branch, a tag or a commit: "
            "git log --oneline"
        )
    return found.stdout.decode().strip()


def _check_out(commit: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    archive = folder.with_suffix(".tar")
    packed = _git("archive", "--format=tar", f"--output={archive}", commit)
    if packed.returncode:
        raise CommandFailedError(f"commit {commit} cannot be read: {packed.stderr.decode()}")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    archive.unlink()


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "-C", str(REPOSITORY), *words],  # noqa: S607 # whichever git made the checkout
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UserError("there is no git on the path, by which two commits are compared") from error


def _run(repository: Path, side: Side, model_name: str) -> None:
    target = side.lake.with_name("local.yml")
    target.write_text(json.dumps({"lake": str(side.lake), "workspace": _NAMES}), encoding="utf-8")
    # Not to where the comparison is printed, which other programs read.
    sys.stderr.write(f"{side.name}: running {', '.join(PIPELINES)}\n")
    log = side.lake.with_name("run.log")
    with log.open("wb") as output:
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "aml_pipelines", "run", *PIPELINES),
                *("--model", model_name, "--target", str(target)),
            ],
            cwd=repository,
            env=command_variables(),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        told = "\n".join(f"  {line}" for line in last_lines(log))
        raise CommandFailedError(
            f"{side.name}: its pipelines did not complete, so that nothing can be compared; the "
            f"end of their output:\n{told}"
        )


def _compared(
    before: Side, after: Side, *, examples: int
) -> tuple[dict[str, TableDifference], dict[str, str]]:
    """Compare the tables that both have; and name the side of those that only one has."""
    sides = {side.name: side.lineage.tables for side in (before, after)}
    compared, only = {}, {}
    for name in dict.fromkeys(name for tables in sides.values() for name in tables):
        if name.startswith("batches/"):
            continue  # named after what they are of; features and scores have their rows
        having = [side for side, tables in sides.items() if name in tables]
        if len(having) == 1:
            only[name] = having[0]
            continue
        first, second = (tables[name] for tables in sides.values())
        columns = second.columns or first.columns
        key = key_of(name, columns, load_dataset(name.split("/")[1]).key) if columns else []
        compared[name] = compare_lakes(first, second, key, without=_OF_RUNS, examples=examples)
    return compared, only
