"""`upload`: bring raw files from this machine to the lake, by identity, going on where it stopped.

A file that the lake has already, by its MD5, is skipped; a large one goes in blocks, and the blocks
that arrived before a failure are not sent again.
"""

from __future__ import annotations

import base64
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
    found,
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


@dataclass(frozen=True)
class Upload:
    """A file and the path in the lake that it belongs to."""

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
    """Find the files below `folder`; raises UserError when there are none."""
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
    """Give the client of the lake's container, over the Blob API that every account has."""
    from azure.storage.blob import ContainerClient  # noqa: PLC0415 # dry runs do without

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
    yield ContainerClient(url, container, credential=credential(interactive=interactive))


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
    """Send a file unless the lake has it; tells whether it was sent."""
    from azure.storage.blob import BlobBlock, ContentSettings  # noqa: PLC0415 # dry runs do without

    md5 = upload.md5()
    stored = found(blob.get_blob_properties)
    if (
        stored
        and stored.size == upload.size
        and stored.content_settings.content_md5 == bytearray(md5)
    ):
        return False
    arrived = _arrived(blob)
    blocks = []
    for number, block in enumerate(_blocks(upload.file)):
        # the block's own content is in its id: one that arrived earlier is known to be the same
        digest = hashlib.md5(block, usedforsecurity=False).hexdigest()
        block_id = base64.b64encode(f"{number:06}-{digest}".encode()).decode()
        if block_id not in arrived:
            put_block(blob, block_id, block)
        blocks.append(BlobBlock(block_id=block_id))
    blob.commit_block_list(blocks, content_settings=ContentSettings(content_md5=bytearray(md5)))
    return True


def put_block(blob: BlobClient, block_id: str, block: bytes) -> None:
    blob.stage_block(block_id, block, len(block))


def _arrived(blob: BlobClient) -> set[str]:
    lists = found(lambda: blob.get_block_list("uncommitted"))
    return {str(block.id) for block in lists[1]} if lists else set()


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            yield block
