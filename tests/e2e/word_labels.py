"""Two small datasets of one's own: crops of three kinds, and tickets with columns of every kind."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CROPS = """
sources:
  history: {path: raw/crops/history/*.csv, format: csv}
  batch: {path: raw/crops/batch/*.csv, format: csv}
columns:
  field: {type: int, required: true}
  rain: {type: double}
  acid: {type: double}
  soil: {type: string}
  crop: {type: string}
key: [field]
label: {name: crop, expression: crop}
split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
"""
CROP_MODEL = """
dataset: crops
task: classification
features: {numeric: [rain, acid], categorical: [soil]}
candidates:
  linear: {estimator: sklearn.linear_model.LogisticRegression, parameters: {max_iter: 300}}
  forest: {estimator: sklearn.ensemble.RandomForestClassifier, parameters: {n_estimators: 20}}
  boosted: {estimator: xgboost.XGBClassifier, parameters: {n_estimators: 10}}
metric: macro_f1
gate: {minimum: 0.6, resamples: 100, slice_tolerance: 0.3, slice_rows: 20}
slices: [soil]
class_weights: balanced
seed: 1
"""
TICKETS = """
sources:
  history: {path: raw/tickets/history/*.csv, format: csv}
  batch: {path: raw/tickets/batch/*.csv, format: csv}
columns:
  ticket: {type: long, required: true}
  opened: {type: timestamp, formats: ["yyyy-MM-dd'T'HH:mm:ss"]}
  due: {type: date, formats: [yyyy-MM-dd]}
  is_vip: {type: boolean}
  floor: {type: int}
  said: {type: string}
  ending: {type: string, allowed: [solved, escalated]}
key: [ticket]
label: {name: ending, expression: ending}
split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
"""
TICKET_MODEL = """
dataset: tickets
task: classification
positive: escalated
features: {categorical: [floor], boolean: [is_vip], date: [opened, due], text: [said]}
candidates:
  linear: {estimator: sklearn.linear_model.LogisticRegression, parameters: {max_iter: 300}}
  trees: {estimator: sklearn.ensemble.HistGradientBoostingClassifier, parameters: {max_iter: 10}}
  forest: {estimator: sklearn.ensemble.RandomForestClassifier, parameters: {n_estimators: 20}}
metric: roc_auc
threshold: 0.4
gate: {minimum: 0.6, resamples: 100, slice_tolerance: 0.3, slice_rows: 20}
class_weights: {escalated: 2}
seed: 1
"""
Row = dict[str, Any]


def crops(draw: random.Random) -> list[Row]:
    """Return 240 fields whose crop follows from rain and acid, and 40 with no crop yet."""
    rows: list[Row] = []
    for field in range(280):
        rain, acid = draw.uniform(0, 10), draw.uniform(4, 8)
        crop = "rice" if rain > 7 else "oat" if acid < 6 else "rye"
        soil = draw.choice(["loam", "sand", ""])
        rows.append({"field": field, "rain": rain, "acid": acid, "soil": soil, "crop": crop})
    return rows


def tickets(draw: random.Random) -> list[Row]:
    """Return tickets of which VIPs', those at night and angry ones are escalated, most of them."""
    rows: list[Row] = []
    for ticket in range(280):
        hour, day = draw.randrange(24), draw.randrange(1, 28)
        is_vip = draw.choice(["true", "false", ""])
        said = draw.choice(["printer is broken", "thank you", "angry and waiting", ""])
        chances = (hour < 6) + (is_vip == "true") + ("angry" in said)
        rows.append(
            {
                "ticket": ticket,
                "opened": f"2024-03-{day:02}T{hour:02}:30:00",
                "due": "9999-12-31" if ticket % 7 == 0 else "" if ticket % 5 == 0 else "2024-04-01",
                "is_vip": is_vip,
                "floor": draw.choice(["1", "2", "3"]) if ticket < 240 else draw.choice(["1", ""]),
                "said": said,
                "ending": "escalated" if chances + draw.random() > 1.2 else "solved",
            }
        )
    return rows


DATASETS: Mapping[str, tuple[str, str, str, Any]] = {
    "crops": (CROPS, "crop", CROP_MODEL, crops),
    "tickets": (TICKETS, "ending", TICKET_MODEL, tickets),
}


def write_own(name: str, *, repository: Path, lake: Path) -> None:
    """Write a dataset's contract, model and raw files: 240 rows with outcome, 40 without."""
    contract, label, model, make = DATASETS[name]
    (repository / "conf" / "datasets" / f"{name}.yml").write_text(contract)
    (repository / "conf" / "models" / f"{name}_model.yml").write_text(model)
    rows = make(random.Random(7))  # noqa: S311 # the same rows each time
    for source, part in (("history", rows[:240]), ("batch", rows[240:])):
        told = part if source == "history" else [row | {label: ""} for row in part]
        _write_csv(lake / "raw" / name / source / "a.csv", told)


def _write_csv(file: Path, rows: Sequence[Row]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)
