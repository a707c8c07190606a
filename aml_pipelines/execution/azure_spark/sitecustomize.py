"""What Azure's Spark adds to PySpark: `spark.read.mltable(uri)` and `frame.write.mltable(uri)`.

The Python of a Spark node begins with this file, which imports nothing before PySpark is imported.
Rows are read by azureml-dataprep's own functions for Spark, as in Azure; the folder that is written
has an MLTable with a relative path, where Azure writes an absolute one.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_PATCHED = "pyspark.sql.readwriter"
_LOOK_SECONDS = 0.01
_EXTENSIONS = {"parquet": "parquet", "delimited": "csv", "json_lines": "json"}


class _Readwriter(MetaPathFinder):
    """Adds to PySpark's readers and writers as soon as their module is imported."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _PATCHED:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            spec.loader = _Adding(spec.loader)
        return spec


class _Adding(Loader):
    """Loads a module by another loader, which may be that of a whole archive, and adds to it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _add(module.DataFrameReader, module.DataFrameWriter)
        _end_soon(importlib.import_module("pyspark.accumulators").AccumulatorServer)


def _add(reader: Any, writer: Any) -> None:  # noqa: ANN401 # classes of PySpark, which is not imported
    reader.mltable = _read
    writer.mltable = _write
    option, options = writer.option, writer.options

    def recorded_option(self: Any, key: str, value: object) -> object:  # noqa: ANN401 # same
        _recorded(self)[key] = value
        return option(self, key, value)

    def recorded_options(self: Any, **given: object) -> object:  # noqa: ANN401 # same
        _recorded(self).update(given)
        return options(self, **given)

    # Spark keeps options where no program sees them, and here they are this writer's own.
    writer.option, writer.options = recorded_option, recorded_options


def _recorded(writer: Any) -> dict[str, object]:  # noqa: ANN401 # same
    recorded: dict[str, object] = vars(writer).setdefault("_mltable_options", {})
    return recorded


def _end_soon(server: Any) -> None:  # noqa: ANN401 # same
    """Let a session stop at once: PySpark's server looks twice a second whether it is to end."""
    serve = server.serve_forever
    server.serve_forever = lambda self: serve(self, _LOOK_SECONDS)


def _read(reader: Any, uri: str, storage_options: dict[str, str] | None = None) -> object:  # noqa: ANN401 # same
    import mltable
    from azureml.dataprep.api._spark_helper import read_spark_dataframe

    flow = mltable.load(uri, storage_options)._dataflow.to_yaml_string()  # noqa: SLF001 # as Azure
    return read_spark_dataframe(flow, reader._spark)  # noqa: SLF001 # the reader's session


def _write(writer: Any, uri: str, **given: object) -> None:  # noqa: ANN401 # same
    options = {**_recorded(writer), **given}
    form, delimiter = str(options.get("output_format", "delimited")), options.get("delimiter", ",")
    if form not in _EXTENSIONS:
        raise ValueError(f"output_format is {form!r}; it is one of {', '.join(_EXTENSIONS)}")
    frame = writer._df  # noqa: SLF001 # the writer's frame
    rows = frame.write.mode("overwrite" if options.get("overwrite") else "errorifexists")
    transformation: object = {"read_json_lines": {"encoding": "utf8"}}
    if form == "parquet":
        rows.parquet(uri)
        transformation = "read_parquet"
    elif form == "delimited":
        rows.option("header", value=True).option("delimiter", delimiter).csv(uri)
        header = {"delimiter": delimiter, "header": "all_files_same_headers", "encoding": "utf8"}
        transformation = {"read_delimited": header}
    else:
        rows.json(uri)
    table = {
        "type": "mltable",
        "paths": [{"pattern": f"./*.{_EXTENSIONS[form]}"}],
        "transformations": [transformation],
    }
    _write_file(frame.sparkSession, f"{uri.rstrip('/')}/MLTable", table)


def _write_file(session: Any, uri: str, content: object) -> None:  # noqa: ANN401 # same
    import yaml

    # By Hadoop, which knows every scheme that Spark has written the rows to.
    path = session._jvm.org.apache.hadoop.fs.Path(uri)  # noqa: SLF001 # no other way to it
    files = path.getFileSystem(session._jsc.hadoopConfiguration())  # noqa: SLF001 # same
    stream = files.create(path)
    stream.write(bytearray(yaml.safe_dump(content, sort_keys=False), "utf-8"))
    stream.close()


sys.meta_path.insert(0, _Readwriter())
