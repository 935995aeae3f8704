"""CMA-ES: the same points as from the package itself, resumable, seeded, and away from NumPy's global generator."""

import json

import numpy as np
import pytest

from ketwork.optimize import minimize

cma = pytest.importorskip("cma")


def valley(p):
    return float(np.sum((np.arange(1, len(p) + 1) * (p - 1)) ** 2) + 3 * np.prod(np.sin(5 * (p - 1))))


def test_generations_are_those_of_the_package():
    """Asked and told by hand with the same normal numbers."""
    found = minimize(valley, np.zeros(3), "cma-es", 12, seed=5, sigma0=0.4, population=8)
    rng = np.random.default_rng(found.state["seed"])
    options = {"randn": lambda *shape: rng.standard_normal(shape), "seed": np.nan, "verbose": -9, "popsize": 8}
    strategy, lowest = cma.CMAEvolutionStrategy([0.0] * 3, 0.4, options), []
    for _ in range(12):
        points = strategy.ask()
        values = [valley(np.asarray(p)) for p in points]
        strategy.tell(points, values)
        lowest.append(min(values))
    assert found.history == lowest
    np.testing.assert_array_equal(found.params, strategy.mean)
    assert found.best_fun == min(lowest) and valley(found.best_params) == found.best_fun
    assert found.n_evaluations == 12 * 8


def test_the_seed_decides_and_the_global_generator_stays():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    a, b, c = (minimize(valley, np.zeros(2), "cma-es", 5, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert a.history == b.history != c.history
    rng = np.random.default_rng(3)
    assert (
        minimize(valley, [0.0, 0.0], "cma-es", 2, seed=rng).history
        != minimize(valley, [0.0, 0.0], "cma-es", 2, seed=rng).history
    )


def test_states_are_json_and_go_on():
    whole = minimize(valley, np.zeros(3), "cma-es", 20, seed=1)
    half = minimize(valley, np.zeros(3), "cma-es", 8, seed=1)
    rest = minimize(valley, half.params, "cma-es", 12, state=json.loads(json.dumps(half.state)))
    np.testing.assert_array_equal(rest.params, whole.params)
    np.testing.assert_array_equal(rest.best_params, whole.best_params)
    assert half.history + rest.history == whole.history and rest.n_evaluations == 12 * 7


def test_an_interrupted_generation_is_asked_again():
    left = [10]

    def cut(p):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return valley(p)

    first = minimize(cut, np.zeros(3), "cma-es", 5, seed=1)
    assert first.message == "interrupted" and len(first.history) == 1
    rest = minimize(valley, first.params, "cma-es", 4, state=first.state)
    np.testing.assert_array_equal(rest.params, minimize(valley, np.zeros(3), "cma-es", 5, seed=1).params)


def test_it_says_when_it_is_done():
    found = minimize(lambda p: float(p @ p), np.ones(2), "cma-es", 1000, seed=0)
    assert found.message.startswith("converged (tolfun") and len(found.history) < 200
    again = minimize(lambda p: float(p @ p), found.params, "cma-es", 5, state=found.state)
    assert again.history == [] and again.best_fun == found.best_fun


def test_without_the_package(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cma", None)
    with pytest.raises(ImportError, match=r"ketwork\[cma\]"):
        minimize(valley, np.zeros(2), "cma-es", 1)
