"""Models as tests state them: only what the test is about differs from a plain one."""

from __future__ import annotations

from conf.model import Candidate, Gate, Model

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
) -> Model:
    return Model(
        name="late",
        dataset="diabetes",
        task=task,
        numeric=numeric,
        categorical=categorical,
        candidates=(RIDGE, RIDGE, RIDGE),
        metric=metric,
        threshold=0.5,
        gate=gate or gate_of(),
        slices=slices,
        seed=seed,
    )
