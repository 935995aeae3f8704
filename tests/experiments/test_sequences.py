"""Sequences: known recurrences and closed forms, and windows that do not look ahead."""

import numpy as np
import pytest
from scipy.special import jv

from ketwork.experiments.sequences import SEQUENCES, narma, narma_input, pendulum, sequence


def test_a_small_swing_is_a_damped_harmonic_oscillator():
    times = np.linspace(0, 12, 200)
    decay = 0.15 / 2
    rate = np.sqrt(9.81 - decay**2)
    speed = np.exp(-decay * times) * (np.cos(rate * times) - decay / rate * np.sin(rate * times))
    np.testing.assert_allclose(pendulum(times, 1e-4) / 1e-4, speed, atol=1e-6)


def test_a_large_swing_loses_energy_and_is_slower():
    times = np.linspace(0, 20, 2000)
    values = pendulum(times)
    assert values[0] == pytest.approx(3.0)
    assert np.abs(values[-300:]).max() < 0.4 * 3
    crossings = [np.flatnonzero(np.diff(np.sign(pendulum(times, speed))))[1] for speed in (3.0, 1e-3)]
    assert crossings[0] > crossings[1]


@pytest.mark.parametrize("order", [1, 5, 10])
def test_narma_obeys_its_recurrence(order):
    u, y = narma_input(120), narma(order, 120)
    for t in range(order, 119):
        wanted = 0.3 * y[t] + 0.05 * y[t] * sum(y[t - k] for k in range(order)) + 1.5 * u[t - order + 1] * u[t] + 0.1
        assert y[t + 1] == pytest.approx(wanted)
    assert y[0] == 0 and y[1] == pytest.approx(0.1 + 1.5 * u[0] ** 2 * (order == 1))
    assert u.min() >= 0 and u.max() <= 0.2


def test_a_constant_input_settles():
    """At a fixed point y = 0.3 y + 0.25 y^2 + 1.5 u^2 + 0.1 for order 5."""
    y = narma(5, 400, np.full(400, 0.1))[-1]
    assert y == pytest.approx(0.3 * y + 0.25 * y**2 + 1.5 * 0.01 + 0.1)


def test_functions():
    values = sequence("Bessel J2", 100)
    whole = jv(2, np.linspace(0, 60, 100))
    np.testing.assert_allclose(values.y, 2 * (whole[4:] - whole.min()) / np.ptp(whole) - 1)
    cosine = sequence("cosine", 60)
    joined = np.concatenate([cosine.X[:, -1], cosine.y[-1:]])
    ratio = (joined[2:] + joined[:-2]) / 2 - joined[1:-1] * np.cos(8 * np.pi / 59)
    assert np.ptp(ratio) < 1e-12  # the recurrence of a cosine


@pytest.mark.parametrize("name", SEQUENCES)
def test_windows(name):
    found = sequence(name, 100, 3)
    assert found.X.shape == (97, 3) and found.y.shape == (97,)
    np.testing.assert_array_equal(found.X[1:, -1], found.y[:-1])  # what follows is the next window's last
    np.testing.assert_array_equal(found.X[1:, 0], found.X[:-1, 1])
    assert found.learn == 65 and len(found.testing[0]) == 32
    both = np.concatenate([found.X[0], found.y])
    assert (both.min(), both.max()) == pytest.approx((-1, 1))
    np.testing.assert_array_equal(np.concatenate([found.training[1], found.testing[1]]), found.y)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sequence("sine"), "`name` must be one of"),
        (lambda: sequence("cosine", 5), "`count` must be at least 7"),
        (lambda: sequence("cosine", 50, share=1.0), "`share` must leave windows on both sides"),
        (lambda: sequence("cosine", share=np.nan), "`share` must be finite"),
        (lambda: sequence("cosine", 5, 1), "all 5 points of cosine are equal"),
        (lambda: pendulum([0.0]), "`times` must hold two or more rising numbers"),
        (lambda: pendulum([1.0, 0.5]), "`times` must hold two or more rising numbers"),
        (lambda: pendulum([-1.0, 0.5]), "`times` must hold two or more rising numbers"),
        (lambda: narma(0, 10), "`order` must be at least 1"),
        (lambda: narma(5, 10, [0.1]), "`given` must hold 10 numbers"),
        (lambda: narma(10, 400, np.full(400, 0.9)), "`given` lets the series run away"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
