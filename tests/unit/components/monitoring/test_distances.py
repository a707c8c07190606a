"""Distances and tests from counts by bins are what SciPy says of the same rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from monitoring.distances import (
    chi_square,
    discoveries,
    distribution_function,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    population_stability_index,
    wasserstein_distance,
)

DRAWS = np.random.default_rng(5)
BEFORE = DRAWS.normal(10, 2, 5000)
AFTER = DRAWS.normal(11, 3, 3000)
EDGES = np.quantile(BEFORE, np.arange(1, 10) / 10)


def counts(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.bincount(np.searchsorted(EDGES, values), minlength=10).astype("float64")


def sums(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.bincount(np.searchsorted(EDGES, values), weights=values, minlength=10)


def test_psi_is_the_sum_that_siddiqi_states() -> None:
    before, after = (np.array(each, dtype="float64") for each in ([100, 100], [150, 50]))
    # Shares of 100.5 in 201 and 150.5 and 50.5 in 201.
    expected = (150.5 / 201 - 0.5) * math.log(150.5 / 100.5)
    expected += (50.5 / 201 - 0.5) * math.log(50.5 / 100.5)
    assert population_stability_index(before, after) == pytest.approx(expected)
    assert population_stability_index(before, 3.0 * before) == pytest.approx(0, abs=1e-12)


def test_jensen_shannon_of_apart_is_1_and_of_a_hand_computed_case_the_root_of_its_divergence() -> (
    None
):
    assert jensen_shannon_distance(np.array([9.0, 0.0]), np.array([0.0, 4.0])) == 1
    # p = (1, 0), q = (1/2, 1/2), m = (3/4, 1/4): (log2(4/3) + (log2(2/3) + log2(2)) / 2) / 2
    divergence = (math.log2(4 / 3) + (math.log2(2 / 3) + 1) / 2) / 2
    found = jensen_shannon_distance(np.array([8.0, 0.0]), np.array([3.0, 3.0]))
    assert found == pytest.approx(math.sqrt(divergence))


def test_wasserstein_from_bins_is_near_that_of_the_rows() -> None:
    functions = [distribution_function(EDGES.tolist(), counts(v), sums(v)) for v in (BEFORE, AFTER)]
    expected = stats.wasserstein_distance(BEFORE, AFTER)
    assert wasserstein_distance(*functions) == pytest.approx(expected, rel=0.03)
    shifted = (np.array(functions[0][0]) + 3.5).tolist(), functions[0][1]
    assert wasserstein_distance(functions[0], shifted) == pytest.approx(3.5)
    assert wasserstein_distance(functions[0], functions[0]) == 0


def test_wasserstein_of_functions_that_cross_counts_both_sides() -> None:
    # Uniform on (0, 1), and half at either end of it: the gap is |x - 1/2|, its area 1/4.
    uniform = [0.0, 1.0], [0.0, 1.0]
    ends = [0.0, 1e-12, 1 - 1e-12, 1.0], [0.0, 0.5, 0.5, 1.0]
    assert wasserstein_distance(uniform, ends) == pytest.approx(0.25)


def test_chi_square_is_scipys() -> None:
    for bins in (3, 2):
        before, after = np.array([30.0, 50.0, 20.0])[:bins], np.array([25.0, 60.0, 45.0])[:bins]
        expected = stats.chi2_contingency([before, after], correction=False)
        assert chi_square(before, after) == pytest.approx((expected.statistic, expected.pvalue))


def test_chi_square_joins_bins_of_few_expected_rows() -> None:
    before, after = np.array([50.0, 40.0, 3.0, 2.0, 0.0]), np.array([60.0, 30.0, 2.0, 4.0, 0.0])
    joined = stats.chi2_contingency([[50, 40, 5], [60, 30, 6]], correction=False)
    assert chi_square(before, after) == pytest.approx((joined.statistic, joined.pvalue))
    assert chi_square(np.array([9.0, 0.0]), np.array([9.0, 0.0])) == (0.0, 1.0)


def test_kolmogorov_smirnov_is_scipys_of_rows_that_stand_at_their_bins() -> None:
    places = [np.searchsorted(EDGES, v[:400]).astype("float64") for v in (BEFORE, AFTER)]
    expected = stats.ks_2samp(*places, method="asymp")
    found = kolmogorov_smirnov(counts(BEFORE[:400]), counts(AFTER[:400]))
    assert found == pytest.approx((expected.statistic, expected.pvalue))
    assert kolmogorov_smirnov(np.zeros(3), np.ones(3)) == (0.0, 1.0)


def test_discoveries_are_those_of_benjamini_and_hochbergs_own_example() -> None:
    # Their table of 15 p-values: at 0.05 the four smallest are rejected.
    p_values = (
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    )
    assert discoveries(p_values, share=0.05) == [True] * 4 + [False] * 11
    adjusted = stats.false_discovery_control(p_values)
    for share in (0.01, 0.05, 0.1, 0.5):
        assert discoveries(p_values, share=share) == (adjusted <= share).tolist()
    assert discoveries([], share=0.05) == []
