"""Quantum recurrent reservoirs: baselines that are known, models that are fitted as is said."""

import numpy as np
import pytest

from ketwork.atlas.qrnn_reservoir import (
    AUTOREGRESSION,
    HIDDEN,
    KINDS,
    LAST,
    QUADRATIC,
    TASKS,
    TWINS,
    baselines,
    by_option,
    by_recipe,
    learn,
    readout_by_steps,
)
from ketwork.experiments.sequences import sequence
from ketwork.models.recurrent import build_cell


def test_twins_have_like_sizes():
    for quantum, classical in TWINS.items():
        sizes = [build_cell(kind, HIDDEN.get(kind, 5)) for kind in (quantum, classical)]
        assert sizes[0].n_features == sizes[1].n_features
        assert sizes[1].n_params == pytest.approx(sizes[0].n_params, rel=0.12)


@pytest.mark.parametrize("name", TASKS)
def test_baselines(name):
    row = baselines(name)
    task = sequence(name)
    X, y = task.testing
    assert row["test"][LAST] == pytest.approx(np.mean((X[:, -1] - y) ** 2))
    design = np.column_stack([task.training[0], np.ones(task.learn)])
    weights = np.linalg.lstsq(design, task.training[1], rcond=1e-10)[0]
    plain = np.mean((np.column_stack([X, np.ones(len(X))]) @ weights - y) ** 2)
    assert row["test"][AUTOREGRESSION] == pytest.approx(plain, rel=0.05, abs=1e-12)
    assert row["test"][QUADRATIC] < row["test"][LAST]
    assert row["series"] == y.tolist() and sum(row["windows"]) == len(task.y)


def test_a_cosine_is_a_linear_recurrence():
    assert baselines("cosine")["test"][AUTOREGRESSION] < 1e-12


@pytest.mark.parametrize("kind", ["qrnn", "gru"])
def test_learning(kind):
    row = learn("damped oscillator", kind, 3, 10)
    reservoir, trained = row["reservoir"], row["trained"]
    assert reservoir["train"] < 0.1 and len(trained["history"]) == 10 and reservoir["history"] == []
    assert trained["history"][-1] < trained["history"][0]
    assert trained["parameters"] - reservoir["parameters"] == build_cell(kind, 5).n_params
    assert len(reservoir["predicted"]) == len(sequence("damped oscillator").testing[1])
    assert (reservoir["circuits"] > 0) == (kind in TWINS)
    again = learn("damped oscillator", kind, 3, 10)
    for way in ("reservoir", "trained"):
        assert again[way]["test"] == pytest.approx(row[way]["test"], rel=1e-4)
        assert row[way]["seconds_to_fit"] > 0


def test_circuits_of_training():
    """Two shifts of 48 angles for every circuit of a gradient, on a device; windows of 4 steps."""
    row = learn("cosine", "qrnn", 0, 3)
    windows = sequence("cosine").learn
    assert row["reservoir"]["circuits"] == 4 * windows
    assert row["trained"]["circuits"] == 4 * windows * (2 + 3 * 97)


def test_the_recipe_trains():
    row = by_recipe("NARMA-5", "rnn", 0, 320)
    assert np.mean(row["history"][-32:]) < 0.5 * np.mean(row["history"][:8])
    assert row["steps"] == 320


def test_a_readout_learned_by_steps_ends_above_the_solved_one():
    row, solved = readout_by_steps("NARMA-5", "gru", 1), learn("NARMA-5", "gru", 1, 1)["reservoir"]
    assert len(row["history"]) == 100 and row["history"][-1] < row["history"][0]
    variance = sequence("NARMA-5").training[1].var()
    assert row["history"][-1] * variance >= solved["train"]  # least squares are least
    assert row == readout_by_steps("NARMA-5", "gru", 1)


@pytest.mark.parametrize(("what", "values"), [("qubits", (4, 6)), ("scale", (0.1, 0.4))])
def test_options(what, values):
    """The second is the reservoir of `learn`."""
    row = by_option("cosine", "qgru", what, values, 1)
    assert row["values"] == list(values)
    assert row["test"][1] == pytest.approx(learn("cosine", "qgru", 1, 1)["reservoir"]["test"], rel=1e-6)


def test_doors():
    with pytest.raises(ValueError, match="`kind` must be one of qrnn"):
        learn("cosine", "cnn", 0, 1)
    with pytest.raises(ValueError, match="`name` must be one of"):
        baselines("sine")
    with pytest.raises(ValueError, match="`what` must be one of qubits, scale"):
        by_option("cosine", "qrnn", "spread", (1.0,), 0)
    assert len(KINDS) == 6
