"""`upload`: copy raw files from this machine to the lake.

A file with the same MD5 in the lake is skipped, so that after a failure the same command goes on
with the file that broke off.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import Progress

from aml_pipelines.azure.client import (
    add_azure_arguments,
    asked_target,
    credential,
    enter_workspace,
    explained,
    get_or_none,
)
from aml_pipelines.azure.desired import lake_storage
from aml_pipelines.console import say
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from azure.storage.blob import BlobClient, ContainerClient

    from conf.target import Target

BLOCK_BYTES = 8 * 1024 * 1024
_CONNECTIONS = 4


@dataclass(frozen=True)
class Upload:
    """A file and its path in the lake."""

    file: Path
    path: str

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    def md5(self) -> bytes:
        with self.file.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).digest()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="what to bring, with its folders"
    )
    parser.add_argument("--to", default="raw", help="the folder of the lake (raw)")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    uploads = find_uploads(arguments.folder, arguments.to)
    if arguments.dry_run:
        lines = (
            f"{item.file} -> {target.lake}/{item.path} ({item.size:,} bytes)" for item in uploads
        )
        sys.stdout.write("\n".join(lines) + "\n")
        return 0
    with (
        explained(target, f"upload {arguments.folder}"),
        lake_container(target, interactive=arguments.login) as container,
    ):
        sent = sum(_send_all(container, uploads))
    say(f"{sent} of {len(uploads)} files sent, {len(uploads) - sent} were there; {target.lake}")
    return 0


def find_uploads(folder: Path, to: str) -> list[Upload]:
    """Return the files below `folder`; raises UserError when there are none."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if not files:
        raise UserError(
            f"{folder} is no folder with files; sample data: python -m aml_pipelines sample flights"
        )
    return [
        Upload(file, f"{to.strip('/')}/{file.relative_to(folder).as_posix()}") for file in files
    ]


@contextmanager
def lake_container(target: Target, *, interactive: bool) -> Iterator[ContainerClient]:
    """Yield the client of the lake's container, over the Blob API that every account has."""
    from azure.storage.blob import ContainerClient  # noqa: PLC0415 # dry runs do without

    # Azurite is up only while a run or a verb holds the lake.
    if target.is_local and not target.has_folder:
        from aml_pipelines.azurite.lake import holding_lake  # noqa: PLC0415 # same

        with holding_lake(target.lake, Path(target.state), "upload") as lake:
            yield lake.container
        return
    enter_workspace(target)
    account, container = lake_storage(target)
    url = f"https://{account}.blob.core.windows.net"
    if target.is_local:
        url = f"{os.environ['AZUREML_DEV_URL_MFE']}/storage/lake.blob.core.windows.net"
    yield ContainerClient(
        url,
        container,
        credential=credential(interactive=interactive),
        max_single_put_size=BLOCK_BYTES,
        max_block_size=BLOCK_BYTES,
    )


def _send_all(container: ContainerClient, uploads: list[Upload]) -> Iterator[bool]:
    with Progress(disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("upload", total=sum(item.size for item in uploads))
        for item in uploads:
            is_sent = send(container.get_blob_client(item.path), item)
            progress.advance(task, item.size)
            if is_sent:
                progress.console.print(f"  {item.path}", highlight=False)
            yield is_sent


def send(blob: BlobClient, upload: Upload) -> bool:
    """Send a file unless the lake has it; return whether it was sent.

    Its blocks go in parallel and become the file in one step: one that broke off is not to be seen.
    """
    from azure.storage.blob import ContentSettings  # noqa: PLC0415 # dry runs do without

    # The lake's own MD5 is compared: size and time would miss a corrected file.
    md5 = bytearray(upload.md5())
    stored = get_or_none(blob.get_blob_properties)
    if stored and stored.size == upload.size and stored.content_settings.content_md5 == md5:
        return False
    with upload.file.open("rb") as stream:
        blob.upload_blob(
            stream,
            length=upload.size,
            overwrite=True,
            max_concurrency=_CONNECTIONS,
            content_settings=ContentSettings(content_md5=md5),
        )
    return True
