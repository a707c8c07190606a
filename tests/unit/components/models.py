"""Models and receipts for tests, with plain values for what a test is not about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conf.model import Candidate, Gate, Model
from spark_jobs.receipt import TableReceipt

if TYPE_CHECKING:
    from spark_jobs.receipt import Checksum

RIDGE = Candidate("ridge", "sklearn.linear_model.Ridge", {"alpha": 1.0})


def gate_of(
    *,
    minimum: float = 0.6,
    minimum_gain: float = 0.0,
    slice_tolerance: float = 0.02,
    slice_rows: int = 4,
) -> Gate:
    return Gate(
        minimum=minimum,
        minimum_gain=minimum_gain,
        confidence=0.95,
        resamples=200,
        slice_tolerance=slice_tolerance,
        slice_rows=slice_rows,
    )


def model_of(
    gate: Gate | None = None,
    *,
    task: str = "classification",
    metric: str = "roc_auc",
    numeric: tuple[str, ...] = ("distance",),
    categorical: tuple[str, ...] = ("city",),
    slices: tuple[str, ...] = (),
    seed: int = 7,
    **others: Any,  # noqa: ANN401 # fields of Model, which checks them
) -> Model:
    late = Model(
        name="late",
        dataset="diabetes",
        task=task,
        numeric=numeric,
        categorical=categorical,
        boolean=(),
        date=(),
        text=(),
        candidates=(RIDGE, RIDGE, RIDGE),
        metric=metric,
        threshold=0.5,
        positive=None,
        classes=(),
        class_weights=None,
        gate=gate or gate_of(),
        slices=slices,
        seed=seed,
    )
    return replace(late, **others)


def receipt_of(*, rows: int, checksum: Checksum, uri: str = "/lake/t") -> TableReceipt:
    return TableReceipt(
        uri=uri,
        id="t1",
        version=3,
        rows_in=rows,
        rows_out=rows,
        schema_hash="s1",
        checksum=checksum,
    )
