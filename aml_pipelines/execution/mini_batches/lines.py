"""Writes what run() returned as lines, in Azure ML's form of append_row."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def lines_of(answer: Any, arguments: Sequence[str]) -> tuple[str, list[str]]:  # noqa: ANN401 # a list, or a frame of pandas
    """Return a header, which may be empty, and the lines of the items below it.

    A list's items are their texts, and a frame's rows have spaces between their values. Azure ML
    reads the options of the form, such as the header, from the script's own `arguments`.
    """
    if not hasattr(answer, "to_csv"):
        return "", [str(item) for item in answer]
    options = _options(arguments)
    decimals = options.append_row_dataframe_float_format or None
    text = answer.to_csv(index=False, sep=" ", header=False, float_format=decimals)
    is_named = str(options.append_row_dataframe_header).lower() == "true"
    header = answer.head(0).to_csv(index=False, sep=" ").strip() if is_named else ""
    return header, str(text).splitlines()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--append_row_dataframe_header", nargs="?", default="false", const="true")
    parser.add_argument("--append_row_dataframe_float_format", default="")
    return parser.parse_known_args(list(arguments))[0]
