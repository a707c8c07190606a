"""`replay`: judge quarantined rows anew, by today's contract or as repaired copies of them."""

from __future__ import annotations

import getpass
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.console import say
from aml_pipelines.execution.jvm.script import run_script
from aml_pipelines.execution.lakes import alone_with_lake
from aml_pipelines.files import private_files, write_whole
from aml_pipelines.lineage.table_logs import LOG, TableLog
from aml_pipelines.targets import add_target_argument, command_target
from conf.columns import BROKEN_RULES, ORIGINAL, OUTCOME, REPAIRED_AS, ROW_ID, STILL_BROKEN
from conf.dataset import load_dataset
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from conf.dataset import Dataset
    from conf.target import Target

DONE = 0
_HISTORY, _BATCH = "history", "batch"
_FORMATS = (".csv", ".jsonl")
_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="a dataset of conf/datasets")
    parser.add_argument(
        "--repaired", type=Path, metavar="FILE", help="repaired rows, as --originals writes them"
    )
    parser.add_argument("--by", metavar="NAME", help="who repaired them (you)")
    parser.add_argument("--as-of", default="arrival", metavar="MOMENT", help="when (not stated)")
    parser.add_argument(
        "--originals", type=Path, metavar="FILE", help="only write the quarantined rows there"
    )
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Repair rows if asked to, judge all anew, and bring releases and scores up to date."""
    target = command_target(arguments.target)
    contract = load_dataset(arguments.dataset)
    if not (target.is_local and target.has_folder):
        raise _refusal(target, contract.name)
    if arguments.originals:
        return _write_originals(target, contract, arguments.originals)
    file = _repair(target, contract, arguments) if arguments.repaired else ""
    released = len(_rows(target, contract, "released"))
    for words in _pipelines(target, contract):
        say(f"python -m aml_pipelines run {' '.join(words)}")
        command = [sys.executable, "-m", "aml_pipelines", "run", *words]
        code = subprocess.run([*command, "--target", arguments.target], check=False).returncode
        if code:
            say("when it is put right, type the same command again: what was done is not redone")
            return code
    _report(target, contract, file, released)
    return DONE


def _refusal(target: Target, dataset: str) -> UserError:
    sent = f"--target {target.option} --set inputs.dataset={dataset}"
    return UserError(
        f"the lake of target {target.name!r} is no folder here; bring the file to the lake, and "
        f"submit the component: python -m aml_pipelines submit repair {sent} --set inputs.file=… ; "
        f"then judge all anew: python -m aml_pipelines submit data {sent}"
    )


def _write_originals(target: Target, contract: Dataset, file: Path) -> int:
    """Write a line of JSON for each quarantined row: its id, the rules it broke, its columns."""
    rows = _rows(target, contract, "rows")
    lines = [json.dumps(_editable(row), ensure_ascii=False) for row in rows]
    with private_files():
        write_whole(file.absolute(), "".join(f"{line}\n" for line in lines).encode())
    say(f"{file}: {len(rows):,} quarantined rows of {contract.name}; repair them, and type")
    say(f"python -m aml_pipelines replay {contract.name} --repaired {file}")
    return DONE


def _editable(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in (ROW_ID, BROKEN_RULES)}
    try:
        columns = json.loads(row[ORIGINAL])
    except ValueError:  # a line that is no record of its format
        return {**told, ORIGINAL: row[ORIGINAL]}
    undeclared = columns.pop("_undeclared", None)
    return {**told, **columns, **(json.loads(undeclared) if undeclared else {})}


def _repair(target: Target, contract: Dataset, arguments: argparse.Namespace) -> str:
    """Keep a file of repaired rows in the lake, bring its rows into bronze, and return its path."""
    stated: Path = arguments.repaired
    if stated.suffix not in _FORMATS or not stated.is_file():
        raise UserError(f"--repaired {stated}: it is a file of {' or '.join(_FORMATS)}")
    content = stated.read_bytes()
    name = f"{hashlib.sha256(content).hexdigest()[:16]}{stated.suffix}"
    file = f"repaired/{contract.name}/{name}"
    lake = Path(target.lake)
    asked = {
        "lake": target.lake,
        "dataset": contract.name,
        "file": file,
        "by": arguments.by or getpass.getuser(),
        "as_of": arguments.as_of,
    }
    with (
        private_files(),
        alone_with_lake(target, f"replay {contract.name}"),
    ):
        write_whole(lake / file, content)
        done = run_script("repair", asked, target, output="repaired")
    say(f"{contract.name}: {done['new']:,} rows repaired, {done['known']:,} had been before")
    return file


def _pipelines(target: Target, contract: Dataset) -> Iterator[list[str]]:
    """Yield the words after `run` that bring releases, and the scores there are, up to date."""
    source = _HISTORY if _HISTORY in contract.sources else next(iter(contract.sources))
    yield [
        *("data", "--set", f"inputs.dataset={contract.name}", "--set", f"inputs.source={source}")
    ]
    if _BATCH in contract.sources:
        for model in sorted({row["model_name"] for row in _scores(target, contract)}):
            yield ["batch_inference", "--model", model]


def _scores(target: Target, contract: Dataset) -> list[dict[str, Any]]:
    return _read(target, f"gold/{contract.name}/scores", ["model_name"])


def _rows(target: Target, contract: Dataset, table: str) -> list[dict[str, Any]]:
    return _read(target, f"quarantine/{contract.name}/{table}")


def _read(target: Target, name: str, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a table of the lake; a missing one has none."""
    log = TableLog(name, Path(target.lake, name))
    if not (log.folder / LOG).is_dir() or not log.newest_files:
        return []
    found: list[dict[str, Any]] = log.read(log.newest_files, columns).to_pylist()
    return found


def _report(target: Target, contract: Dataset, file: str, released: int) -> None:
    now_released = len(_rows(target, contract, "released")) - released
    say(f"{now_released:,} rows left the quarantine of {contract.name} by its rules of today")
    if file:
        rows = [row for row in _rows(target, contract, "repaired") if row["repair_file"] == file]
        outcomes = Counter(row[OUTCOME] for row in rows)
        told = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items()))
        say(f"of the rows of {file} are {told or 'none repaired'}")
        broken = [row for row in rows if row[OUTCOME] == "quarantined"]
        for row in broken[:_SHOWN]:
            say(f"  {row[REPAIRED_AS]} still breaks {', '.join(row[STILL_BROKEN])}")
    say(f"each has a row in quarantine/{contract.name}/repaired, or in released")
