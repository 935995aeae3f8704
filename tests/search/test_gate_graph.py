"""The graph of gates: there and back, and a strict meaning of valid."""

from dataclasses import replace

import numpy as np
import pytest

from ketwork.search.canonical import Place
from ketwork.search.gate_graph import faults, from_graph, to_graph
from ketwork.search.space import Space, draw

GATES = ("x", "y", "z", "h", "rx", "ry", "rz", "cx", "cz", "u3", "swap")  # the pool of arXiv:2401.11576


def test_there_and_back():
    space, rng = Space(4, GATES, max_gates=10), np.random.default_rng(0)
    for _ in range(50):
        architecture = draw(space, rng)
        graph = to_graph(architecture, 4, GATES)
        assert graph.features.shape == (len(architecture) + 2, 2 + 11 + 4)
        assert faults(graph, GATES) == ""
        assert from_graph(graph, GATES) == architecture


def test_wires_enter_and_leave_every_gate_as_often_as_it_has_qubits():
    space, rng = Space(5, GATES, max_gates=20), np.random.default_rng(1)
    for _ in range(20):
        architecture = draw(space, rng, 20)
        graph = to_graph(architecture, 5, GATES)
        arity = [5, *(len(place.qubits) for place in architecture), 5]
        np.testing.assert_array_equal(graph.adjacency.sum(axis=1)[:-1], arity[:-1])
        np.testing.assert_array_equal(graph.adjacency.sum(axis=0)[1:], arity[1:])
        assert not np.tril(graph.adjacency).any()


def test_controls_and_targets_differ():
    one, other = (to_graph([Place("cx", pair)], 2, GATES) for pair in ((0, 1), (1, 0)))
    assert not np.array_equal(one.features, other.features)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda g: replace(g, types=np.zeros_like(g.types)), "exactly one type"),
        (lambda g: replace(g, types=g.types[::-1]), "START and END"),
        (lambda g: replace(g, positions=np.abs(g.positions)), "not on the qubits"),
        (lambda g: replace(g, positions=2 * g.positions), "-1, 0 or 1"),
        (lambda g: replace(g, adjacency=g.adjacency.T), "not the wires"),
        (lambda g: replace(g, adjacency=np.minimum(g.adjacency + np.eye(len(g.adjacency)), 1)), "not the wires"),
    ],
)
def test_spoiled_graphs_are_no_circuits(spoil, message):
    graph = to_graph([Place("cx", (0, 1)), Place("h", (1,)), Place("cx", (1, 0)), Place("cz", (0, 1))], 2, GATES)
    assert message in faults(spoil(graph), GATES)
    with pytest.raises(ValueError, match="is no circuit"):
        from_graph(spoil(graph), GATES)


def test_other_gates_are_refused():
    with pytest.raises(ValueError, match="but the architecture has 'iswap'"):
        to_graph([Place("iswap", (0, 1))], 2, GATES)
