"""Topologies: the pairs and sets they connect, and entanglers with weights of their own."""

import pytest

from ketwork import Circuit, w
from ketwork.circuit import GATES
from ketwork.models.couplings import (
    ENTANGLERS,
    TOPOLOGIES,
    append_weighted,
    check_topology,
    connected_pairs,
    connected_sets,
    entangle,
)


@pytest.mark.parametrize(
    ("topology", "pairs"),
    [
        ("linear", [(0, 1), (1, 2), (2, 3)]),
        ("ring", [(0, 1), (1, 2), (2, 3), (3, 0)]),
        ("star", [(0, 1), (0, 2), (0, 3)]),
        ("full", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        ("none", []),
        ("reverse_linear", [(2, 3), (1, 2), (0, 1)]),
        ("circular", [(3, 0), (0, 1), (1, 2), (2, 3)]),
        ("pairwise", [(0, 1), (2, 3), (1, 2)]),
        ("sca", [(3, 0), (0, 1), (1, 2), (2, 3)]),
        ([(2, 0), (3, 1)], [(2, 0), (3, 1)]),
    ],
)
def test_pairs(topology, pairs):
    assert connected_pairs(4, topology) == pairs


def test_shifted_circular_alternating():
    """Each layer begins one place earlier on the circle, and every other one exchanges control and target."""
    assert connected_pairs(4, "sca", 1) == [(3, 2), (0, 3), (1, 0), (2, 1)]
    assert connected_pairs(4, "sca", 2) == [(1, 2), (2, 3), (3, 0), (0, 1)]
    assert connected_pairs(2, "sca", 1) == [(1, 0)]
    assert connected_pairs(4, "sca", 4) == connected_pairs(4, "sca")


@pytest.mark.parametrize("topology", ["ring", "circular", "sca"])
def test_a_circle_of_two_has_one_pair(topology):
    assert connected_pairs(2, topology) == [(0, 1)]


def test_one_qubit_has_no_pairs():
    assert all(connected_pairs(1, topology) == [] for topology in TOPOLOGIES)


def test_sets_of_three():
    assert connected_sets(4, 3, "linear") == [(0, 1, 2), (1, 2, 3)]
    assert connected_sets(4, 3, "ring") == [(0, 1, 2), (1, 2, 3), (2, 3, 0), (3, 0, 1)]
    assert connected_sets(4, 3, "circular") == [(2, 3, 0), (3, 0, 1), (0, 1, 2), (1, 2, 3)]
    assert connected_sets(4, 3, "star") == [(0, 1, 2), (0, 1, 3), (0, 2, 3)]
    assert connected_sets(4, 3, [(0, 1), (2, 0, 3)]) == [(2, 0, 3)]
    assert connected_sets(3, 3, "ring") == [(0, 1, 2)]
    assert connected_sets(3, 1, "none") == [(0,), (1,), (2,)]


@pytest.mark.parametrize("entangler", ENTANGLERS)
def test_entanglers_bring_their_weights(entangler):
    circuit = entangle(Circuit(3).ry(0, w[0]), entangler, "linear")
    each = 0 if entangler == "none" else GATES[entangler].n_params
    assert circuit.n_weights == 1 + 2 * each
    assert len(circuit) == (1 if entangler == "none" else 3)


def test_the_next_weights():
    assert append_weighted(Circuit(1).rx(0, w[4]), "u3", (0,)) == Circuit(1).rx(0, w[4]).u3(0, w[5], w[6], w[7])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: connected_pairs(3, "rings"), "Did you mean 'ring'"),
        (lambda: connected_pairs(3, [(0, 3)]), r"must lie in \[0, 2\], but is 3"),
        (lambda: connected_pairs(3, [(1, 1)]), r"sets of different qubits, but holds \(1, 1\)"),
        (lambda: connected_pairs(3, [(0, 1, 2)]), r"must hold pairs of qubits, but holds \(0, 1, 2\)"),
        (lambda: connected_sets(4, 3, "pairwise"), "pairs of qubits, not sets of 3"),
        (lambda: entangle(Circuit(2), "ccx", "ring"), "`entangler` must be one of"),
        (lambda: entangle(Circuit(2), "none", "nope"), "`topology` must be one of"),
        (lambda: check_topology("entanglement", "nope", 3), "`entanglement` must be one of"),
        (lambda: check_topology("entanglement", [(0, 3)], 3), r"`entanglement` must lie in \[0, 2\]"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("topology", [3, [1, 2], [(0.5, 1)], None])
def test_what_is_no_topology(topology):
    with pytest.raises(TypeError, match="`topology`"):
        connected_pairs(3, topology)
