"""Ad-hoc data: labels, gap and grid by states that are put together by hand, and what can learn them."""

import numpy as np
import pytest
from sklearn.svm import SVC

from ketwork.experiments.adhoc import ad_hoc, hidden_observable, values
from ketwork.experiments.data import load
from ketwork.experiments.generators import GENERATORS
from ketwork.experiments.task import UserError

HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def mapped(x):
    """U_phi H U_phi H |00> for one x (2,), by 4 x 4 matrices."""
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])  # of Z_0 and Z_1
    phase = signs @ x + (np.pi - x[0]) * (np.pi - x[1]) * signs.prod(axis=1)
    both = np.kron(HADAMARD, HADAMARD)
    step = np.exp(1j * phase)[:, None] * both
    return (step @ step)[:, 0]


@pytest.mark.parametrize("seed", range(3))
def test_labels_are_the_sign_of_the_hidden_observable(seed):
    X, y = ad_hoc(samples=60, seed=seed)
    hidden = hidden_observable(2, np.random.default_rng(seed))
    heights = np.array([(mapped(x).conj() @ hidden @ mapped(x)).real for x in X])
    assert (y * heights >= 0.3 - 1e-9).all()
    np.testing.assert_allclose(heights, values(X, hidden), atol=1e-12)
    assert X.min() > 0 and X.max() <= 2 * np.pi


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_observable_is_a_turned_parity(n):
    hidden = hidden_observable(n, 4)
    np.testing.assert_allclose(hidden, hidden.conj().T, atol=1e-12)
    half = 1 << (n - 1)
    np.testing.assert_allclose(np.linalg.eigvalsh(hidden), [-1] * half + [1] * half, atol=1e-12)


def test_grid_and_gap():
    X, _ = ad_hoc(grid=20, samples=50, seed=1)
    steps = X * 20 / (2 * np.pi)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
    assert steps.min() > 0.5 and steps.max() < 20.5
    X, y = ad_hoc(gap=0.6, samples=30, seed=1)
    assert (y * values(X, hidden_observable(2, np.random.default_rng(1))) >= 0.6 - 1e-9).all()


def test_a_kernel_of_the_same_map_learns_it_and_a_line_does_not():
    X, y = ad_hoc(samples=440, seed=0)
    states = np.array([mapped(x) for x in X])
    gram = np.abs(states.conj() @ states.T) ** 2
    machine = SVC(C=1e3, kernel="precomputed").fit(gram[:40, :40], y[:40])
    assert machine.score(gram[40:, :40], y[40:]) > 0.95
    assert SVC(C=1e3, kernel="linear").fit(X[:40], y[:40]).score(X[40:], y[40:]) < 0.7


def test_by_name():
    data = load("ad-hoc:qubits=3,grid=100,samples=40,seed=2")
    X, y = ad_hoc(3, grid=100, samples=40, seed=2)
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.y.astype(int), y)
    assert GENERATORS["ad-hoc"] is ad_hoc


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"qubits": 0}, "`qubits`"),
        ({"qubits": 9}, "`qubits`"),
        ({"gap": 1.5}, "`gap` must lie in"),
        ({"gap": 0.9999}, "leaves hardly any points"),
        ({"grid": -1}, "`grid`"),
        ({"samples": 2}, "`samples`"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        ad_hoc(**options)
    ((name, value),) = options.items()
    with pytest.raises(UserError, match=message):
        load(f"ad-hoc:{name}={value}")
