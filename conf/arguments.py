"""The command line of a component script: one flag for each parameter of its `main`."""

from __future__ import annotations

import argparse
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# No bool: every text but "" would be true, "false" too.
_TYPES = {str: str, str | None: str, int: int}


def arguments(main: Callable[..., None]) -> argparse.ArgumentParser:
    """Build the parser of the flags `--<parameter>` of `main`, described by its module's docstring.

    A flag is optional where its parameter has a default. Raises TypeError for a parameter that is
    neither text nor a whole number, which Azure ML has no plain way to pass.
    """
    parser = argparse.ArgumentParser(description=inspect.getdoc(inspect.getmodule(main)))
    for name, parameter in inspect.signature(main, eval_str=True).parameters.items():
        if parameter.annotation not in _TYPES:
            raise TypeError(
                f"parameter {name!r} of main is of {parameter.annotation}; a flag's is str or int"
            )
        is_required = parameter.default is parameter.empty
        default = None if is_required else parameter.default
        kind = _TYPES[parameter.annotation]
        parser.add_argument(f"--{name}", type=kind, required=is_required, default=default)
    return parser
