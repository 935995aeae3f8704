"""What is run: images as in the paper, equal parameters, equal budgets, rows that say what was spent."""

import numpy as np
import pytest

from ketwork.atlas.noise_aware_search import (
    ANSAETZE,
    UNAWARE,
    Protocol,
    by_hand,
    chosen,
    classical,
    encoder,
    pooled,
    searched,
    task_of,
    trimmed,
)
from ketwork.experiments.data import load

TINY = Protocol(budget=6000, seeds=2, samples=64, steps=4, batch=8, gates=8)


def test_digits_are_averaged_over_squares():
    X, y = pooled("digits", 40, 0)
    assert X.shape == (40, 16)
    assert sorted(set(y)) == ["0", "1", "2", "3"] and np.unique(y, return_counts=True)[1].tolist() == [10] * 4
    data = load("digits")
    whole = data.X[data.y == "0"].reshape(-1, 8, 8)
    first = [image[:2, :2].mean() for image in whole]
    assert all(np.isclose(value, first).any() for value in X[y == "0"][:, 0])
    assert X.mean() == pytest.approx(data.X[np.isin(data.y, list("0123"))].mean(), rel=0.1)


def test_the_encoder_takes_every_feature_once():
    assert encoder().n_inputs == 16 and encoder().n_weights == 0
    assert [gate.name for gate in encoder()][::4] == ["ry", "rz", "rx", "ry"]


@pytest.mark.parametrize("ansatz", ANSAETZE)
@pytest.mark.parametrize("parameters", [1, 13, 20])
def test_circuits_by_hand_have_the_parameters_asked_for_and_run_on_the_device(ansatz, parameters):
    circuit = trimmed(ansatz, parameters)
    assert circuit.n_weights == parameters
    task = task_of(TINY, "digits", 0)
    assert {gate.qubits for gate in circuit if len(gate.qubits) == 2} <= set(task.space.couplings)


def test_rows_keep_to_the_budget_and_are_scored_under_all_conditions():
    rows = [
        searched(TINY, "digits", 0, "random"),
        searched(TINY, "digits", 0, UNAWARE),
        by_hand(TINY, "digits", 0, "kandala", 5),
    ]
    for row in rows:
        assert 0 < row["spent"] <= TINY.budget
        assert all(0 <= row[f"accuracy_{c}"] <= 1 for c in ("ideal", "noisy", "held_out", "mitigated"))
    assert rows[2]["parameters"] == 5
    assert rows[0]["validation"] == pytest.approx(rows[0]["noisy"])  # the search's error is that under the noise
    assert rows[1]["validation"] == pytest.approx(rows[1]["ideal"])
    assert chosen(rows[:2]) is rows[0]


def test_classical_models_learn_the_same_split():
    found = {row["contender"]: row["accuracy_noisy"] for row in classical(Protocol(samples=400), "digits", 0, 20)}
    assert len(found) == 4 and found["logistic regression"] > 0.85


def test_equal_seeds_give_equal_rows():
    one, other = (searched(TINY, "digits", 1, "random") for _ in range(2))
    assert one == other


def test_doors():
    with pytest.raises(ValueError, match="`budget`"):
        Protocol(budget=0)
    with pytest.raises(ValueError, match="`name`"):
        pooled("cifar", 40)
