"""The surrogate finds a function and knows where it does not; the acquisition against its integral."""

import numpy as np
from scipy import integrate, stats

from ketwork.search.deep_surrogate import DeepSurrogate, expected_improvement


def test_it_learns_a_function_and_its_own_doubt():
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (120, 3))
    values = 5 + 2 * points[:, 0] - points[:, 1] ** 2
    model = DeepSurrogate(points, values, seed=0)
    fresh = rng.uniform(-1, 1, (300, 3))
    mean, spread = model.predict(fresh)
    assert np.corrcoef(mean, 5 + 2 * fresh[:, 0] - fresh[:, 1] ** 2)[0, 1] > 0.95
    near, far = spread.mean(), model.predict(4 * fresh)[1].mean()
    assert 0 < near < far
    again = DeepSurrogate(points, values, seed=0).predict(fresh)[0]
    np.testing.assert_array_equal(mean, again)


def test_equal_values_are_no_trouble():
    mean, spread = DeepSurrogate(np.eye(4), np.full(4, 2.0), 0).predict(np.eye(4))
    np.testing.assert_allclose(mean, 2, atol=1e-6)
    assert np.isfinite(spread).all()


def test_expected_improvement_is_the_integral():
    for mean, spread, best in ((0.0, 1.0, 0.5), (2.0, 0.3, 1.0), (-1.0, 2.0, 1.0)):
        density = stats.norm(mean, spread).pdf
        wanted = integrate.quad(lambda v, d=density, b=best: (v - b) * d(v), best, mean + 12 * spread + 2)[0]
        found = expected_improvement(np.array([mean]), np.array([spread]), best)
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
    np.testing.assert_allclose(expected_improvement(np.array([1.0, 3.0]), np.zeros(2), 2.0), [0, 1], atol=1e-9)
