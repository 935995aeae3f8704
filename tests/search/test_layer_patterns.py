"""Layers: the pairs of every pattern, and circuits read as layers."""

from itertools import product

import numpy as np
import pytest

from ketwork.models.couplings import connected_pairs
from ketwork.search.canonical import Place, flat
from ketwork.search.gate_graph import to_graph
from ketwork.search.layer_patterns import PATTERNS, as_layers, pairs_of
from ketwork.search.moment_tensor import from_tensor, to_tensor

EAGLE_ROW = [(0, 1), (1, 2), (2, 3), (1, 4), (4, 5)]


def test_patterns_of_coupled_pairs_alone():
    everything = connected_pairs(4, "full")
    assert pairs_of(4, "linear", everything) == [[(0, 1), (1, 2), (2, 3)]]
    assert pairs_of(4, "ring", everything) == [[(0, 1), (1, 2), (2, 3), (3, 0)]]
    assert pairs_of(4, "ring", [(0, 1), (1, 2), (2, 3)]) == [[(0, 1), (1, 2), (2, 3)]]
    assert pairs_of(4, "star", [(2, 3)]) == []
    for pattern in PATTERNS:
        for row in pairs_of(6, pattern, EAGLE_ROW):
            assert row and {frozenset(pair) for pair in row} <= {frozenset(pair) for pair in EAGLE_ROW}


@pytest.mark.parametrize("couplings", [EAGLE_ROW, connected_pairs(6, "full"), connected_pairs(5, "ring"), [(0, 1)]])
def test_matchings_hold_every_pair_once_and_no_qubit_twice(couplings):
    rows = pairs_of(6, "matchings", couplings)
    assert sorted(pair for row in rows for pair in row) == sorted(couplings)
    for row in rows:
        qubits = [q for pair in row for q in pair]
        assert len(set(qubits)) == len(qubits)
    degree = max(sum(q in pair for pair in couplings) for q in range(6))
    assert degree <= len(rows) <= 2 * degree - 1  # what any order of taking the pairs keeps to


def test_the_fewest_layers_are_found():
    layers = [Place("cx", (0, 1, 1, 2)), Place("cx", (0, 1)), Place("cx", (1, 2)), Place("rx", (0, 1, 2))]
    rng = np.random.default_rng(0)
    for _ in range(40):
        drawn = [layers[k] for k in rng.integers(len(layers), size=4)]
        gates = flat(drawn)
        found = as_layers(gates, layers)
        fewest = next(
            count
            for count in range(1, 5)
            if any(flat(choice) == gates for choice in product(layers, repeat=count))
        )  # fmt: skip
        assert flat(found) == gates and len(found) == fewest


def test_gates_that_are_no_layers():
    with pytest.raises(ValueError, match="not whole layers"):
        as_layers(flat([Place("rx", (0, 1))]), [Place("rx", (0, 1, 2))])


def test_encodings_see_the_gates_of_layers():
    layered = (Place("ry", (0, 1, 2)), Place("cx", (0, 1, 1, 2)), Place("rx", (0, 1, 2)))
    assert np.array_equal(to_tensor(layered, 3, 5), to_tensor(flat(layered), 3, 5))
    one, other = (to_graph(a, 3, ("rx", "ry", "cx")) for a in (layered, flat(layered)))
    assert np.array_equal(one.features, other.features) and np.array_equal(one.adjacency, other.adjacency)
    assert from_tensor(to_tensor(layered, 3, 5)) != layered  # they come back gate by gate
