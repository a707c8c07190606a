"""`init`: draft the contract of a dataset, and a model, from files of the user's."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.console import say
from aml_pipelines.drafts.asked import judge_files, profile_files, uri_of
from aml_pipelines.drafts.contract import draft_contract
from aml_pipelines.drafts.model import draft_model
from aml_pipelines.drafts.placed import copy, place
from aml_pipelines.drafts.sniff import sniff
from aml_pipelines.drafts.text import QUESTION
from aml_pipelines.execution.lakes import hold_lake
from aml_pipelines.files import write_whole
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import DATASETS, load_dataset, require_dataset_name
from conf.errors import UserError
from conf.model import MODELS, require_model_name
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from aml_pipelines.drafts.contract import Drafted
    from aml_pipelines.drafts.placed import Placed
    from aml_pipelines.drafts.sniff import Sniffed
    from conf.target import Target

DONE = 0
_EXAMPLES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="the name of the dataset, such as trips")
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, or patterns in quotes")
    parser.add_argument("--label", metavar="COLUMN", help="draft a model that predicts this column")
    parser.add_argument("--positive", metavar="VALUE", help="of two words: what is looked for")
    parser.add_argument("--batch", nargs="+", metavar="FILE", help="files to be scored")
    parser.add_argument("--model", metavar="NAME", help="the model's name (DATASET_LABEL)")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Write conf/datasets/DATASET.yml and, with a label, conf/models/MODEL.yml.

    Nothing is written before the draft has judged the files, and nothing is overwritten.
    """
    name, target = arguments.dataset, command_target(arguments.target)
    contract, model = _files_to_write(name, arguments)
    _require_here(target)
    history = _listed(arguments.files)
    batch = _listed(arguments.batch) if arguments.batch else []
    sniffed = sniff(history[0])
    if sniffed.format == "delta":
        raise UserError(
            f"{history[0]}: is a Delta table; init drafts from files: write its contract by hand, "
            "with 'format: delta'"
        )
    lake = Path(target.lake) if target.is_local and target.has_folder else None
    placed = {"history": place(history, f"raw/{name}/history", lake)}
    if batch:
        placed["batch"] = place(batch, f"raw/{name}/batch", lake)
    globs = {source: found.glob for source, found in placed.items()}
    globs.setdefault("batch", globs["history"])
    sniffed = _with_question(sniffed, placed["history"], lake)
    say(f"{name}: {len(history):,} files of {sniffed.format}; profiling them")
    profile = profile_files(
        [uri_of(file) for file in history],
        {"path": "raw/*", "format": sniffed.format, **sniffed.keys},
        target,
        label=arguments.label or "",
    )
    while True:
        drafted = draft_contract(name, profile, sniffed, globs, label=arguments.label)
        trial = _judge(name, history, drafted, target)
        # What tells texts apart may be one value: a key is judged by its values.
        if not (trial["verdicts"]["duplicate"] and drafted.key):
            break
        profile["keys"] = profile["keys"][1:]
    texts = {contract: drafted.text}
    if drafted.label:
        texts[model] = draft_model(name, profile, drafted, positive=arguments.positive)
    _say_verdict(trial)
    _place(placed, target, name)
    for file, text in texts.items():
        write_whole(file, text.encode())
        asked = sum(line.lstrip().startswith(QUESTION) for line in text.splitlines())
        say(f"wrote {file.relative_to(REPOSITORY)}, which asks {asked} questions ({QUESTION})")
    _say_next(name, model if drafted.label else None)
    return DONE


def _with_question(sniffed: Sniffed, history: Placed, lake: Path | None) -> Sniffed:
    """Ask about files that are in the lake, and match the pattern of those that are profiled."""
    if not (history.is_there and lake):
        return sniffed
    others = len(list(lake.glob(history.glob))) - len(history.paths)
    if not others:
        return sniffed
    asked = f"Are {others:,} more files that the path matches alike? They were not profiled."
    return replace(sniffed, questions=(*sniffed.questions, asked))


def _files_to_write(name: str, arguments: argparse.Namespace) -> tuple[Path, Path]:
    require_dataset_name(name)
    label = re.sub(r"[^a-z0-9]+", "_", (arguments.label or "").lower()).strip("_")
    model = arguments.model or f"{name}_{label}"
    require_model_name(model)
    contract, described = DATASETS / f"{name}.yml", MODELS / f"{model}.yml"
    for file in (contract, *([described] if arguments.label else [])):
        if file.exists():
            raise UserError(
                f"{file.relative_to(REPOSITORY)} is there; init overwrites nothing: remove it, or "
                "choose another name"
            )
    return contract, described


def _listed(patterns: Sequence[str]) -> list[Path]:
    files: dict[Path, None] = {}
    for pattern in patterns:
        given = Path(pattern).absolute()
        found = sorted(Path(given.anchor).glob(str(given.relative_to(given.anchor))))
        # A name may have the characters of a pattern.
        found = [given] if given.exists() else found
        if not found:
            raise UserError(f"{pattern}: there is no such file")
        files |= dict.fromkeys(found)
    return list(files)


def _judge(name: str, files: Sequence[Path], drafted: Drafted, target: Target) -> dict[str, Any]:
    """Judge all rows of the files by the draft."""
    with tempfile.TemporaryDirectory() as made:
        contracts = Path(made)
        write_whole(contracts / f"{name}.yml", drafted.text.encode())
        load_dataset(name, folder=contracts)
        return judge_files(
            [uri_of(file) for file in files],
            name,
            target,
            contracts=contracts,
            source="history",
            rows=0,
            examples=_EXAMPLES,
        )


def _say_verdict(trial: Mapping[str, Any]) -> None:
    verdicts = trial["verdicts"]
    say(
        f"of {trial['rows']:,} rows {verdicts['valid']:,} are valid by the draft, "
        f"{verdicts['quarantined']:,} would be quarantined"
    )
    for example in trial["examples"]:
        say(f"  {', '.join(example['rules'])}: {example['text'][:120]}")


def _place(placed: Mapping[str, Placed], target: Target, name: str) -> None:
    moved = [found for found in placed.values() if not found.is_there]
    if not moved:
        return
    with hold_lake(target, f"init {name}") as lake:
        for found in moved:
            copy(found, lake)
            say(f"copied {len(found.paths):,} files to {found.glob} of the lake")


def _require_here(target: Target) -> None:
    if not target.is_local:
        raise UserError(
            f"target {target.name!r} is a workspace in Azure; init works here: --target local. "
            "Then bring the files to Azure with: python -m aml_pipelines upload"
        )


def _say_next(name: str, model: Path | None) -> None:
    command = "python -m aml_pipelines run"
    if model:
        say(f"next: {command} data training batch_inference --model {model.stem}")
    else:
        say(f"next: {command} data --set inputs.dataset={name}")
