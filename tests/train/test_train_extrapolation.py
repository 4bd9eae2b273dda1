"""A power law is found again, its limits hold, and the words say what the numbers say."""

import numpy as np
import pytest

from train.evaluation.extrapolation import forecast, power_law

SIZES = [25, 50, 100, 200, 400]


def curve(ceiling: float, distance: float, rate: float) -> np.ndarray:
    return ceiling - distance * np.asarray(SIZES, dtype=float) ** -rate


@pytest.mark.parametrize(("ceiling", "distance", "rate"), [(0.8, 2.0, 0.5), (0.7, 5.0, 1.0), (0.95, 0.9, 0.2)])
def test_an_exact_power_law_is_found_again(ceiling: float, distance: float, rate: float) -> None:
    found = power_law(np.asarray(SIZES, dtype=float), curve(ceiling, distance, rate)[None])
    np.testing.assert_allclose([one[0] for one in found], [ceiling, distance, rate], rtol=1e-6)


def test_the_gain_of_a_hundred_labels_in_closed_form() -> None:
    found = forecast(SIZES, np.tile(curve(0.8, 2.0, 0.5), (5, 1)))
    exact = 2.0 * (400**-0.5 - 500**-0.5)
    assert found.gain == pytest.approx(exact, rel=1e-6)
    assert (found.low, found.high) == (pytest.approx(exact), pytest.approx(exact))
    assert found.verdict == "label more"
    assert "With 400 labels the score is 0.700. 100 more would probably bring 1.1 points" in found.words


def test_a_flat_curve_says_stop_and_a_falling_one_promises_nothing() -> None:
    flat = forecast(SIZES, np.full((5, 5), 0.6))
    assert (flat.gain, flat.verdict) == (0.0, "stop")
    falling = forecast(SIZES, np.tile(np.linspace(0.7, 0.6, 5), (5, 1)))
    assert (falling.gain, falling.high) == (0.0, 0.0)


def test_no_ceiling_is_above_one() -> None:
    ceiling, distance, _ = power_law(np.asarray(SIZES, dtype=float), np.linspace(0.5, 0.99, 5)[None])
    assert ceiling[0] <= 1
    assert distance[0] > 0


def test_under_the_bound_the_distance_is_the_least_squares_one() -> None:
    """Scores that head for more than 1: with a ceiling of 1 the distance has a closed form for each rate."""
    sizes, scores = np.asarray(SIZES, dtype=float), np.linspace(0.5, 0.99, 5)
    ceiling, distance, rate = (float(one[0]) for one in power_law(sizes, scores[None]))
    x = sizes**-rate
    assert ceiling == 1
    assert distance == pytest.approx((1 - scores) @ x / (x @ x))


def test_the_interval_widens_with_the_seeds_and_the_same_seed_gives_the_same() -> None:
    rng = np.random.default_rng(1)
    truth = curve(0.8, 2.0, 0.5)
    noisy = truth + rng.normal(0, 0.04, (8, 5))
    found = forecast(SIZES, noisy, seed=3)
    assert found.low < found.gain < found.high
    assert found.high - found.low > 0.003
    assert forecast(SIZES, noisy, seed=3) == found


def test_the_interval_is_that_of_the_mean_over_seeds_drawn_anew() -> None:
    """Curves of one ceiling and rate: the gain is their mean distance times a constant, in every draw."""
    distances = np.array([0.2, 0.5, 1.9, 3.0, 4.0])
    found = forecast(SIZES, np.stack([curve(0.9, distance, 0.5) for distance in distances]), seed=5)
    bring = 400**-0.5 - 500**-0.5
    drawn = distances[np.random.default_rng(5).integers(5, size=(2000, 5))].mean(axis=1)
    low, high = np.quantile(drawn * bring, (0.025, 0.975))
    assert (found.gain, found.low, found.high) == (
        pytest.approx(distances.mean() * bring), pytest.approx(low), pytest.approx(high)
    )  # fmt: skip
    # A point lies within it: neither is shown.
    assert found.low < 0.01 < found.high
    assert found.verdict == "cannot tell"
    assert f"(95 % interval {100 * low:.1f} to {100 * high:.1f}): whether it is 1 point or more" in found.words


def test_about_95_of_100_intervals_hold_the_true_gain() -> None:
    rng, truth = np.random.default_rng(2), curve(0.8, 2.0, 0.5)
    exact = 2.0 * (400**-0.5 - 500**-0.5)
    found = [forecast(SIZES, truth + rng.normal(0, 0.02, (10, 5)), seed=at) for at in range(60)]
    # A percentile bootstrap of ten seeds is a little too narrow; far from 95 % would be a mistake.
    assert np.mean([one.low <= exact <= one.high for one in found]) > 0.8


def test_too_few_sizes_or_seeds_give_no_number() -> None:
    for sizes, seeds in ((3, 10), (5, 2)):
        found = forecast(SIZES[:sizes], np.tile(curve(0.8, 2.0, 0.5)[:sizes], (seeds, 1)))
        assert (found.gain, found.verdict) == (None, "too little measured")
        assert f"from {sizes} sizes and {seeds} seeds" in found.words
