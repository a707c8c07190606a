"""The gate lets a better winner pass, and gives its reasons for any other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from learning.gate import Interval, judge
from learning.metrics import MetricError
from tests.unit.components.models import gate_of, model_of

if TYPE_CHECKING:
    from learning.metrics import Vector

ROWS = 60
OUTCOME: Vector = np.tile([0.0, 0.0, 1.0], ROWS // 3)
# Every score is on the right side, but for as many rows as the name says.
PERFECT: Vector = OUTCOME.copy()
WORSE: Vector = np.where(np.arange(ROWS) < 20, 1 - OUTCOME, OUTCOME)
NO_SLICES = pd.DataFrame(index=range(ROWS))
CLASSIFIER = model_of()
REGRESSION = model_of(gate_of(minimum=3.0), task="regression", metric="rmse")


def test_the_first_model_passes_when_it_reaches_the_minimum() -> None:
    judged = judge(OUTCOME, PERFECT, None, NO_SLICES, CLASSIFIER)
    assert (judged.passes, judged.reasons) == (True, ())
    assert judged.winner == Interval(1.0, 1.0, 1.0)
    assert (judged.champion, judged.gain, judged.slices) == (None, None, {})


def test_the_first_model_below_the_minimum_does_not_pass_and_says_so() -> None:
    judged = judge(OUTCOME, 1 - PERFECT, None, NO_SLICES, CLASSIFIER)
    assert judged.passes is False
    assert judged.reasons == ("roc_auc is 0.0000, the gate asks 0.6",)


def test_a_better_model_passes() -> None:
    judged = judge(OUTCOME, PERFECT, WORSE, NO_SLICES, CLASSIFIER)
    assert judged.passes
    assert judged.gain is not None
    assert judged.champion is not None
    # 26 of 40 zeros and 14 of 20 ones are on their side: (26 * 14 + (26 * 6 + 14 * 14) / 2) / 800.
    assert judged.champion.value == pytest.approx(0.675)
    assert judged.gain.value == pytest.approx(0.325)


def test_a_planted_worse_model_does_not_pass_and_says_why() -> None:
    judged = judge(OUTCOME, WORSE, PERFECT, NO_SLICES, CLASSIFIER)
    assert judged.passes is False
    (reason,) = judged.reasons
    assert reason.startswith("gain over the champion is -0.3250 [-0.")
    assert reason.endswith("its lower end must exceed 0")


def test_the_same_model_again_gains_exactly_nothing_and_does_not_pass() -> None:
    judged = judge(OUTCOME, WORSE, WORSE.copy(), NO_SLICES, CLASSIFIER)
    assert judged.gain == Interval(0.0, 0.0, 0.0)
    assert judged.passes is False


def test_a_gain_must_exceed_what_the_gate_asks() -> None:
    strict = replace(CLASSIFIER, gate=gate_of(minimum_gain=0.9))
    assert judge(OUTCOME, PERFECT, WORSE, NO_SLICES, strict).passes is False


def test_a_gain_that_may_be_chance_does_not_pass() -> None:
    outcome: Vector = np.zeros(ROWS)
    winner: Vector = np.ones(ROWS)
    champion: Vector = np.tile([0.5, 1.4], ROWS // 2)
    judged = judge(outcome, winner, champion, NO_SLICES, REGRESSION)
    assert judged.passes is False
    assert judged.gain is not None
    # The champion's error is the root of (0.25 + 1.96) / 2.
    assert judged.gain.value == pytest.approx(0.0511898)
    assert judged.gain.low < 0 < judged.gain.high


def test_a_smaller_error_is_a_gain() -> None:
    outcome: Vector = np.arange(ROWS, dtype="float64")
    near, far = outcome + 1, outcome + 2
    judged = judge(outcome, near, far, NO_SLICES, REGRESSION)
    assert judged.passes
    assert judged.gain == Interval(1.0, 1.0, 1.0)
    refused = judge(outcome, far, near, NO_SLICES, REGRESSION)
    assert refused.passes is False
    assert refused.gain == Interval(-1.0, -1.0, -1.0)


def test_an_error_above_the_greatest_that_is_acceptable_does_not_pass() -> None:
    outcome: Vector = np.arange(ROWS, dtype="float64")
    judged = judge(outcome, outcome + 4, None, NO_SLICES, REGRESSION)
    assert judged.reasons == ("rmse is 4.0000, the gate asks 3",)
    assert judge(outcome, outcome + 3, None, NO_SLICES, REGRESSION).passes


def test_a_slice_that_gets_worse_keeps_a_better_model_out() -> None:
    outcome = np.zeros(ROWS)
    winner, champion = np.full(ROWS, 1.0), np.full(ROWS, 2.0)
    winner[:6] = 2.5
    slices = pd.DataFrame({"city": ["Ulm"] * 6 + ["Bonn"] * (ROWS - 6)})
    judged = judge(outcome, winner, champion, slices, REGRESSION)
    assert judged.passes is False
    assert judged.reasons == ("slice city=Ulm is worse by 0.5000, the gate tolerates 0.02",)
    assert judged.slices == {
        "city=Bonn": {"rows": 54.0, "winner": 1.0, "champion": 2.0, "gain": 1.0},
        "city=Ulm": {"rows": 6.0, "winner": 2.5, "champion": 2.0, "gain": -0.5},
    }
    tolerant = replace(REGRESSION, gate=gate_of(minimum=3.0, slice_tolerance=0.5))
    assert judge(outcome, winner, champion, slices, tolerant).passes


def test_a_slice_that_is_small_or_of_one_class_is_not_judged() -> None:
    cities = np.where(OUTCOME == 1, "only late", "only on time")
    cities[:3] = "three rows"
    slices = pd.DataFrame({"city": cities})
    judged = judge(OUTCOME, PERFECT, WORSE, slices, CLASSIFIER)
    assert judged.passes
    assert judged.slices == {}


def test_an_interval_holds_its_estimate_and_resamples_are_paired_and_seeded() -> None:
    draws = np.random.default_rng(3)
    scores = OUTCOME * 0.4 + draws.random(ROWS)
    judged = judge(OUTCOME, scores, scores - 0.5, NO_SLICES, CLASSIFIER)
    assert judged.winner.low < judged.winner.value < judged.winner.high
    # The order of rows is the same, so on paired resamples both models are always equal.
    assert judged.winner == judged.champion
    assert judged.gain == Interval(0.0, 0.0, 0.0)
    assert judge(OUTCOME, scores, scores - 0.5, NO_SLICES, CLASSIFIER) == judged
    other = judge(OUTCOME, scores, None, NO_SLICES, replace(CLASSIFIER, seed=8))
    assert other.winner.low != judged.winner.low


def test_an_interval_reads_as_an_estimate_with_its_ends() -> None:
    assert str(Interval(0.71234, 0.7, 0.72)) == "0.7123 [0.7000, 0.7200]"


def test_a_model_that_scores_one_row_as_no_number_passes_nothing() -> None:
    outcome: Vector = np.arange(ROWS, dtype="float64")
    broken = outcome.copy()
    broken[7] = np.nan
    assert judge(outcome, broken, None, NO_SLICES, REGRESSION).passes is False
    judged = judge(outcome, broken, outcome + 2, NO_SLICES, REGRESSION)
    assert judged.passes is False
    assert len(judged.reasons) == 2


def test_rows_without_a_value_of_a_slice_are_a_slice() -> None:
    outcome = np.zeros(ROWS)
    winner, champion = np.full(ROWS, 1.0), np.full(ROWS, 2.0)
    winner[:6] = 2.5
    slices = pd.DataFrame({"city": [None] * 6 + ["Bonn"] * (ROWS - 6)})
    judged = judge(outcome, winner, champion, slices, REGRESSION)
    assert judged.reasons == ("slice city=null is worse by 0.5000, the gate tolerates 0.02",)
    assert judged.slices["city=null"]["rows"] == 6.0


@pytest.mark.parametrize("seed", range(5))
def test_a_class_of_three_rows_is_in_every_resample(seed: int) -> None:
    outcome = np.zeros(500)
    outcome[:3] = 1
    scores = outcome * 0.5 + np.linspace(0, 0.4, 500)
    judged = judge(outcome, scores, None, pd.DataFrame(index=range(500)), model_of(seed=seed))
    assert judged.winner == Interval(1.0, 1.0, 1.0)


# Twenty rows of each of three classes, and models that know all, or mistake a third of class 2.
KINDS = np.repeat([0.0, 1.0, 2.0], 20)
SURE = np.eye(3)[KINDS.astype(int)] * 0.8 + 0.2 / 3
CONFUSED = SURE.copy()
CONFUSED[40:47] = SURE[0]


@pytest.mark.parametrize("metric", ["macro_f1", "balanced_accuracy", "accuracy", "roc_auc"])
def test_many_classes_are_judged_on_the_same_resamples_of_each_class(metric: str) -> None:
    spec = model_of(metric=metric)
    judged = judge(KINDS, SURE, CONFUSED, NO_SLICES, spec)
    assert judged.winner == Interval(1.0, 1.0, 1.0)
    assert judged.gain is not None
    assert judged.gain.low > 0
    assert judged.passes
    assert judge(KINDS, CONFUSED, SURE, NO_SLICES, spec).passes is False
    again = judge(KINDS, CONFUSED, CONFUSED.copy(), NO_SLICES, spec)
    assert again.gain == Interval(0.0, 0.0, 0.0)


def test_a_slice_of_many_classes_that_gets_worse_keeps_a_better_model_out() -> None:
    spec = model_of(gate_of(slice_rows=7), metric="accuracy")
    slices = pd.DataFrame({"city": ["Bonn"] * 33 + ["Ulm"] * 14 + ["Bonn"] * 13})
    worse_everywhere_else = SURE.copy()
    worse_everywhere_else[:20] = SURE[20]
    judged = judge(KINDS, CONFUSED, worse_everywhere_else, slices, spec)
    assert judged.reasons == ("slice city=Ulm is worse by 0.5000, the gate tolerates 0.02",)


def test_rows_that_cannot_be_measured_are_a_sentence() -> None:
    message = "test has 2 rows, and roc_auc needs rows of both classes; correct 'split' in conf/da"
    with pytest.raises(MetricError, match=message):
        judge(np.zeros(2), np.array([0.1, 0.2]), None, pd.DataFrame(index=range(2)), CLASSIFIER)


def test_a_perfect_model_on_a_handful_of_rows_does_not_pass() -> None:
    few = np.tile([0.0, 0.0, 1.0], 3)
    judged = judge(few, few, None, pd.DataFrame(index=range(9)), CLASSIFIER)
    assert judged.reasons == ("test has 9 rows, and resamples of fewer than 10 tell nothing",)
    ten = np.append(few, 1.0)
    assert judge(ten, ten, None, pd.DataFrame(index=range(10)), CLASSIFIER).passes
