"""Labels of quantum states: graphs, Hamiltonians and states are what they should be, and the label is learned."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.atlas.farhi_neven_states import (
    KINDS,
    StateTask,
    hamiltonian,
    learn_labels,
    placed,
    preparation,
    random_edges,
    vocabulary,
)


@pytest.mark.parametrize("n", [4, 6, 8])
def test_graphs_have_degree_three(n):
    edges = random_edges(n, np.random.default_rng(n))
    assert len(set(edges)) == 3 * n // 2 and all(a < b for a, b in edges)
    assert np.bincount(np.ravel(edges), minlength=n).tolist() == [3] * n


def test_hamiltonians_are_within_the_vocabulary():
    for kind, count in zip(KINDS, (12, 40), strict=True):
        words = hamiltonian(StateTask(kind), np.random.default_rng(0))
        assert len(words) == count and set(words) <= set(vocabulary(kind, 8))
        assert max(map(abs, words.values())) <= 1
    assert [len(vocabulary(kind, 8)) for kind in KINDS] == [28, 72]
    assert placed("XZ", (0, 2), 3) == "XIZ"


def test_states_are_entangled():
    circuit = preparation(4)
    state = Simulator().state(circuit, np.random.default_rng(2).uniform(-3, 3, (1, circuit.n_inputs)))[0]
    singular = np.linalg.svd(state.reshape(2, 8), compute_uv=False)
    assert singular[1] > 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_learning(kind):
    task = StateTask(kind, vertices=4, training=300, testing=300, passes=1, steps=30)
    row = learn_labels(task, 1)
    assert row["written down"] < 0.03
    assert row["logistic loss"] < 0.12 and row["linear loss"] < 0.35 < row["before"]
    assert row == learn_labels(task, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "YY"}, "`kind` must be one of"),
        ({"vertices": 5}, "`vertices` must be even, but is 5"),
        ({"vertices": 2}, r"`vertices` must lie in \[4, 12\]"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        StateTask(**options)
