"""Small files of the lake, read and written through Hadoop: a folder here, ABFS in Azure.

Besides session.py, lake.py and expressions.py this is the only module that calls the JVM.
"""

from __future__ import annotations

import fnmatch
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from py4j.protocol import Py4JJavaError

from conf import faults
from spark_jobs.java_errors import reason_of
from spark_jobs.receipt import FILE_NAME, Receipt, parse_receipt
from spark_jobs.unavailable import asking

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from py4j.java_gateway import JavaObject, JVMView
    from pyspark.sql import SparkSession


class StorageError(RuntimeError):
    """A file of the lake is missing or cannot be read."""


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it: URI, size in bytes, time of change in epoch milliseconds.

    `encoded` is the URI as Spark names it in a row's metadata: with spaces and the like escaped;
    `folders` has the values that the folders of a raw file state, such as `store=1`.
    """

    uri: str
    encoded: str
    size: int
    modified: int
    folders: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        return self.uri.rpartition("/")[2]


def list_files(spark: SparkSession, pattern: str) -> list[StoredFile]:
    """List the files that match a glob, by URI, without those that Spark reads as no data."""
    path = _path(spark, pattern)
    with asking(pattern, "listed"):
        statuses = path.getFileSystem(_hadoop(spark)).globStatus(path) or []
    files = [
        _stored(spark, status)
        for status in statuses
        if status.isFile() and not fnmatch.fnmatch(status.getPath().getName(), "[._]*")
    ]
    return sorted(files, key=lambda file: file.uri)


def list_names(spark: SparkSession, folder: str) -> list[str]:
    """List the names of the files in a folder; a missing folder has none."""
    return [status.getPath().getName() for status in _statuses(spark, folder)]


def list_sizes(spark: SparkSession, folder: str) -> dict[str, int]:
    """List the sizes in bytes of the files in a folder, by name; a missing folder has none."""
    files = (status for status in _statuses(spark, folder) if status.isFile())
    return {status.getPath().getName(): status.getLen() for status in files}


def list_folders(spark: SparkSession, folder: str) -> list[str]:
    """List the names of the folders in a folder; a missing folder has none."""
    statuses = _statuses(spark, folder)
    # Behind Azurite a folder is there twice: as a blob that marks it, and as the prefix of others.
    return sorted({each.getPath().getName() for each in statuses if each.isDirectory()})


def list_below(spark: SparkSession, folder: str) -> list[StoredFile]:
    """List all files below a folder, also those that Spark reads as no data, by URI."""
    path = _path(spark, folder)
    files = []
    with asking(folder, "listed"):
        found = path.getFileSystem(_hadoop(spark)).listFiles(path, True)  # noqa: FBT003 # Java's own
        while found.hasNext():
            files.append(_stored(spark, found.next()))
    return sorted(files, key=lambda file: file.uri)


def delete_file(spark: SparkSession, uri: str) -> None:
    """Delete a file, with the checksum that Hadoop keeps beside it here; a missing one is none."""
    path = _path(spark, uri)
    with asking(uri, "deleted"):
        path.getFileSystem(_hadoop(spark)).delete(path, False)  # noqa: FBT003 # Java's own


def whole_uri(spark: SparkSession, uri: str) -> str:
    """Return a URI as files below it are listed: with its scheme."""
    path = _path(spark, uri)
    return str(path.getFileSystem(_hadoop(spark)).makeQualified(path).toString())


def sha256(spark: SparkSession, uri: str) -> str:
    """Hash the bytes of a file in the JVM, without copying them to Python."""
    stream = _open(spark, uri)
    try:
        with asking(uri, "read"):
            return str(_jvm(spark).org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream))
    finally:
        stream.close()


def first_lines(spark: SparkSession, uri: str, encoding: str) -> Generator[str]:
    """Read the lines of a text file, compressed or not, one by one, without their line breaks.

    What is no character of its encoding is U+FFFD; a byte order mark is left out.
    """
    jvm, path = _jvm(spark), _path(spark, uri)
    stream = _open(spark, uri)
    codecs = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(_hadoop(spark))
    codec = codecs.getCodec(path)
    if uri.endswith(".zst"):  # Hadoop's own needs native code
        stream = jvm.com.github.luben.zstd.ZstdInputStream(stream)
    elif codec:
        stream = codec.createInputStream(stream)
    reader = jvm.java.io.BufferedReader(jvm.java.io.InputStreamReader(stream, encoding))
    try:
        line = reader.readLine()
        yield line.removeprefix("\ufeff") if line else ""
        while line is not None:
            line = reader.readLine()
            if line is not None:
                yield line
    finally:
        reader.close()


def knows_encoding(spark: SparkSession, encoding: str) -> bool:
    return bool(_jvm(spark).java.nio.charset.Charset.isSupported(encoding))


def parquet_message(spark: SparkSession, uri: str) -> str:
    """Return the schema of a Parquet file as its footer states it, in Parquet's own words."""
    with _parquet(spark, uri) as reader:
        message: str = reader.getFileMetaData().getSchema().toString()
        return message


def parquet_rows(spark: SparkSession, uri: str) -> int | None:
    """Return how many rows a Parquet file has; None for one that was not written to its end."""
    try:
        with _parquet(spark, uri) as reader:
            rows: int = reader.getRecordCount()
            return rows
    except Py4JJavaError:
        return None


def file_exists(spark: SparkSession, uri: str) -> bool:
    path = _path(spark, uri)
    with asking(uri, "looked for"):
        return bool(path.getFileSystem(_hadoop(spark)).exists(path))


def read_text(spark: SparkSession, uri: str) -> str:
    """Read a whole small text file; raises StorageError if it is missing, or cannot be read."""
    stream = _open(spark, uri)
    try:
        with asking(uri, "read"):
            return str(_jvm(spark).org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
    except Py4JJavaError as error:
        raise StorageError(f"{uri}: cannot be read: {reason_of(error)}") from error
    finally:
        stream.close()


def write_text(spark: SparkSession, uri: str, text: str) -> None:
    """Write a whole small text file in place of what was there."""
    path = _path(spark, uri)
    faults.point("before text", uri)
    with asking(uri, "written"):
        stream = path.getFileSystem(_hadoop(spark)).create(path, True)  # noqa: FBT003 # Java's own
        try:
            faults.point("within text", uri)
            stream.write(bytearray(text, "utf-8"))
        finally:
            stream.close()
    faults.point("after text", uri)


def write_receipt(spark: SparkSession, folder: str, receipt: Receipt) -> None:
    write_text(spark, f"{folder.rstrip('/')}/{FILE_NAME}", receipt.to_json())


def read_receipt(spark: SparkSession, folder: str) -> Receipt:
    return parse_receipt(read_text(spark, f"{folder.rstrip('/')}/{FILE_NAME}"))


def _stored(spark: SparkSession, status: JavaObject) -> StoredFile:
    uri = status.getPath().toString()
    return StoredFile(
        uri=uri,
        # Read anew: of a pattern that is one file Hadoop writes `file:///`, and Spark not.
        encoded=_path(spark, uri).toUri().toString(),
        size=status.getLen(),
        modified=status.getModificationTime(),
    )


@contextmanager
def _parquet(spark: SparkSession, uri: str) -> Iterator[JavaObject]:
    hadoop = _jvm(spark).org.apache.parquet.hadoop
    file = hadoop.util.HadoopInputFile.fromPath(_path(spark, uri), _hadoop(spark))
    reader = hadoop.ParquetFileReader.open(file)
    try:
        yield reader
    finally:
        reader.close()


def _hadoop(spark: SparkSession) -> JavaObject:
    return spark._jsc.hadoopConfiguration()  # noqa: SLF001 # PySpark has no public way


def _jvm(spark: SparkSession) -> JVMView:
    return cast("JVMView", spark._jvm)  # noqa: SLF001 # PySpark has no public way


def _path(spark: SparkSession, uri: str) -> JavaObject:
    return _jvm(spark).org.apache.hadoop.fs.Path(uri)


def _statuses(spark: SparkSession, folder: str) -> list[JavaObject]:
    path = _path(spark, folder)
    with asking(folder, "listed"):
        store = path.getFileSystem(_hadoop(spark))
        return list(store.listStatus(path)) if store.exists(path) else []


def _open(spark: SparkSession, uri: str) -> JavaObject:
    path = _path(spark, uri)
    try:
        with asking(uri, "opened"):
            return path.getFileSystem(_hadoop(spark)).open(path)
    except Py4JJavaError as error:
        raise StorageError(f"{uri}: cannot be opened: {reason_of(error)}") from error
