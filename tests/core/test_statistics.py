import numpy as np
import pytest
from scipy import stats

from sagin.core import statistics
from sagin.core.figures import Series


def _series(values: np.ndarray, feasible: np.ndarray | None = None) -> Series:
    labels = tuple("abcdef"[: len(values)])
    mask = np.ones(values.shape, dtype=bool) if feasible is None else feasible
    return Series(np.arange(values.shape[1]), labels, values, mask)


def test_interval_is_students_t() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0, np.nan])
    low, high = stats.t.interval(0.95, 3, loc=3.75, scale=stats.sem(x[:4]))
    got = statistics.interval(x)
    assert (got.mean, got.n_used, got.n) == (3.75, 4, 5)
    assert (got.low, got.high) == pytest.approx((low, high))
    assert statistics.interval(np.array([np.nan])).n_used == 0
    assert np.isnan(statistics.interval(np.array([1.0])).low)


def test_order_is_judged_on_paired_differences() -> None:
    common = np.random.default_rng(0).normal(0, 100, 20)
    noise = np.random.default_rng(1).normal(0, 0.1, 20)
    values = np.array([[common], [common + 1 + noise]])
    assert statistics.below(_series(values), "a", "b").word == "holds"
    assert statistics.below(_series(values), "b", "a").word == "does_not_hold"
    assert statistics.below(_series(values[:, :, :3]), "a", "b").word == "undecided"


def test_mixed_points_are_partly_and_ties_undecided() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(0, 1, 20)
    mixed = np.array([[base, base], [base + 1, base - 1]])
    assert statistics.below(_series(mixed), "a", "b").word == "partly"
    tie = np.array([[base], [base + rng.normal(0, 1, 20)]])
    assert statistics.below(_series(tie), "a", "b").word == "undecided"


def test_rises_and_falls_pair_drops_across_points() -> None:
    base = np.random.default_rng(3).normal(0, 50, 12)
    values = np.array([[base, base + 1, base + 3]]) + np.random.default_rng(4).normal(0, 0.05, (1, 3, 12))
    assert statistics.rises(_series(values), "a").word == "holds"
    assert statistics.falls(_series(values), "a").word == "does_not_hold"


def test_infeasible_drops_are_left_out_of_both() -> None:
    values = np.array([[[1.0, 2.0, 3.0]], [[10.0, 20.0, 30.0]]])
    feasible = np.array([[[True, True, True]], [[True, False, True]]])
    means = statistics.common_means(_series(values, feasible))
    np.testing.assert_allclose(means, [[2.0], [20.0]])
    assert statistics.paired(_series(values, feasible), "b", "a")[0].n_used == 2
    assert np.isnan(statistics.common_means(_series(values, np.zeros_like(feasible)))).all()


def test_a_curve_without_feasible_drops_is_left_out_of_the_comparison() -> None:
    values = np.array([[[1.0, 2.0, np.inf], [1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0], [4.0, 5.0, 6.0]]])
    feasible = np.array([[[True, True, True], [False, False, False]], [[True, False, True], [True, False, True]]])
    series = _series(values, feasible)
    np.testing.assert_array_equal(statistics.common_drops(series), [[True, False, False], [True, False, True]])
    np.testing.assert_allclose(statistics.common_means(series), [[1.0, np.nan], [4.0, 5.0]])
    assert not statistics.common_drops(_series(values, np.zeros_like(feasible))).any()


def test_combine() -> None:
    yes, no = statistics.decide(True, "y"), statistics.decide(False, "n")
    maybe = statistics.Verdict("undecided", "u")
    assert statistics.combine([yes, yes]).word == "holds"
    assert statistics.combine([no, no]).word == "does_not_hold"
    assert statistics.combine([yes, no]).word == "partly"
    assert statistics.combine([yes, maybe]).word == "undecided"


def test_explained_is_the_share_of_variance_between_groups() -> None:
    outcome = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    assert statistics.explained(outcome, outcome) == pytest.approx(1.0)
    # by hand: between = 0, so the correction for chance would be negative: 0
    assert statistics.explained(outcome, np.array(list("abababab")[:6])) < 0.2
    # groups (0, 0, 1), (1, 0, 1): within = 2/3 + 2/3, total = 1.5: 1 - (4/3 / 4) / (1.5 / 5)
    expected = max(0.0, 1 - (4 / 3 / 4) / (1.5 / 5))
    assert statistics.explained(outcome, np.array([1, 1, 1, 2, 2, 2])) == pytest.approx(expected)


def test_deciding_names_the_factor_and_says_when_nothing_does() -> None:
    generator = np.random.default_rng(5)
    columns = {name: generator.random(64) for name in "abcdefgh"}
    outcome = (columns["c"] > 0.4).astype(float)
    name, share, luck = statistics.deciding(outcome, columns)
    assert name == "c"
    assert share > 0.5
    assert luck <= 0.002
    outcome[3] = np.nan  # undecided readings do not count
    assert statistics.deciding(outcome, columns)[0] == "c"
    assert statistics.deciding(np.ones(64), columns) == ("", 0.0, 1.0)


def test_deciding_is_rarely_fooled() -> None:
    """Under pure noise the stated chance is below 5 % about 5 % of the time."""
    generator = np.random.default_rng(6)
    lucky = 0
    for _ in range(60):
        columns = {name: generator.random(32) for name in "abcdef"}
        lucky += statistics.deciding((generator.random(32) < 0.5).astype(float), columns)[2] <= 0.05
    assert lucky <= 8  # binomial(60, 0.05): 8 or fewer in 99.6 % of cases


@pytest.mark.parametrize("seed", range(4))
def test_deciding_has_power_with_32_readings(seed: int) -> None:
    """Among forty factors of both kinds the planted one is found: a list, a threshold, a trend."""
    generator = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {f"x{k}": generator.random(32) for k in range(25)}
    columns |= {f"w{k}": generator.integers(0, 3, 32).astype(str) for k in range(15)}
    planted = {
        "w3": (columns["w3"] == "1").astype(float),
        "x7": (columns["x7"] > np.quantile(columns["x7"], 0.3)).astype(float),
        "x9": np.clip(np.round(3 * columns["x9"] + generator.normal(0, 0.3, 32)), 0, 2) / 2,
    }
    for name, outcome in planted.items():
        found, share, luck = statistics.deciding(outcome, columns)
        assert found == name
        assert share > 0.5
        assert luck <= 0.005


def test_a_trend_explains_more_than_its_groups() -> None:
    factor = np.arange(12.0)
    # four groups of three with within-variance 2/3 each: 1 - (8 / 8) / (143 / 11); the line is exact
    assert statistics.explained(factor, factor) == pytest.approx(1.0)
    assert statistics.explained(factor, factor.astype(int).astype(str)) == 0.0  # as many groups as entries say nothing


def test_discoveries_by_hand() -> None:
    # steps 0.0125, 0.025, 0.0375, 0.05: the third is the largest below its step, and takes the first two with it
    assert statistics.discoveries([0.03, 0.2, 0.02, 0.026]) == [True, False, True, True]
    assert statistics.discoveries([0.04, 0.9]) == [False, False]
    assert statistics.discoveries([]) == []


def _estimate(mean: float, low: float, high: float, n_used: int = 20) -> statistics.Interval:
    return statistics.Interval(mean, low, high, n_used, 20)


@pytest.mark.parametrize(
    ("estimate", "word"),
    [
        (_estimate(0.1, 0.05, 0.15), "holds"),
        (_estimate(-0.1, -0.15, -0.05), "does_not_hold"),
        (_estimate(-0.1, -0.25, 0.05), "undecided"),
        (_estimate(0.1, -0.05, 0.25), "undecided"),
        (_estimate(0.0, 0.0, 0.0), "does_not_hold"),  # equal in every drop is not above
        (_estimate(0.1, 0.05, 0.15, 4), "undecided"),
        (_estimate(np.nan, np.nan, np.nan), "undecided"),
    ],
)
def test_an_interval_that_contains_the_number_is_undecided(estimate: statistics.Interval, word: str) -> None:
    assert statistics.above(estimate, 0.0, "").word == word
    assert statistics.everywhere([estimate], "").word == word


def test_between_is_undecided_across_a_limit() -> None:
    assert statistics.between(_estimate(1, 0, 2), 0, 2, "").word == "holds"
    assert statistics.between(_estimate(1, -0.1, 2), 0, 2, "").word == "undecided"
    assert statistics.between(_estimate(3, 2.5, 3.5), 0, 2, "").word == "does_not_hold"
    assert statistics.between(_estimate(2, 1.9, 2.1), 0, 2, "").word == "undecided"


def test_every_condition_must_hold() -> None:
    yes, no, maybe = (statistics.Verdict(word, "e") for word in ("holds", "does_not_hold", "undecided"))
    assert statistics.every([yes, yes]).word == "holds"
    assert statistics.every([yes, maybe]).word == "undecided"
    assert statistics.every([maybe, no]).word == "does_not_hold"
    assert statistics.combine([]).word == statistics.every([]).word == "undecided"


def test_share_is_wilsons() -> None:
    hits = np.arange(20) < 15
    wanted = stats.binomtest(15, 20).proportion_ci(method="wilson")
    got = statistics.share(hits)
    assert (got.mean, got.low, got.high) == pytest.approx((0.75, wanted.low, wanted.high), rel=1e-5)


def test_resampled_limits_of_a_mean_are_students() -> None:
    values = np.random.default_rng(0).normal(3, 1, 60)
    got = statistics.resampled(lambda drops: float(values[drops].mean()), 60)
    exact = statistics.interval(values)
    assert got.mean == pytest.approx(exact.mean)
    assert (got.low, got.high) == pytest.approx((exact.low, exact.high), abs=0.06)
    assert got == statistics.resampled(lambda drops: float(values[drops].mean()), 60)
