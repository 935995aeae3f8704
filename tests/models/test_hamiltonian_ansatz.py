"""The Hamiltonian-variational ansatz against dense exponentials, and what it reaches."""

import numpy as np
import pytest
from scipy.linalg import expm

from ketwork import Circuit, PauliSum, Simulator
from ketwork.models.ansatz import build_ansatz
from ketwork.models.hamiltonian_ansatz import commute, commuting_groups, hamiltonian_variational
from ketwork.operators import ground_energy
from ketwork.operators.spins import ring, transverse_ising
from ketwork.optimize import minimize

GROUPS = [PauliSum.from_dict({"ZZI": 1.0, "IZZ": 0.5}), PauliSum.from_dict({"XII": 0.7, "IXI": -0.7, "IIX": 0.2})]


def test_a_layer_is_a_product_of_exponentials():
    circuit = hamiltonian_variational(GROUPS, 2)
    weights = np.array([0.3, -0.8, 1.1, 0.4])
    expected = np.eye(8)
    for weight, group in zip(weights, GROUPS * 2, strict=True):
        expected = expm(-1j * weight * group.matrix()) @ expected
    np.testing.assert_allclose(circuit.bind(w=weights).matrix(), expected, atol=1e-13)


def test_one_sum_is_split_into_what_commutes():
    groups = commuting_groups(GROUPS[0] + GROUPS[1] + PauliSum.from_dict({"III": 3.0}))
    assert [sorted(s for s, _ in group.terms) for group in groups] == [["IZZ", "ZZI"], ["IIX", "IXI", "XII"]]
    heisenberg = PauliSum.from_dict({"XXI": 1.0, "YYI": 1.0, "ZZI": 1.0, "IXX": 1.0, "IYY": 1.0, "IZZ": 1.0})
    for group in commuting_groups(heisenberg):
        assert all(commute(a, b) for a, _ in group.terms for b, _ in group.terms)
    assert hamiltonian_variational(heisenberg, 3).n_weights == 3 * len(commuting_groups(heisenberg))


@pytest.mark.parametrize(("a", "b", "wanted"), [("XX", "ZZ", True), ("XI", "ZZ", False), ("YZ", "YZ", True)])
def test_commuting(a, b, wanted):
    assert commute(a, b) is wanted
    assert PauliSum.from_dict({a: 1.0}).commutes_with(PauliSum.from_dict({b: 1.0})) is wanted


def test_it_reaches_the_ground_state_of_its_model():
    """The Ising ring of 6 needs n/2 layers from |+...+> (arXiv:1507.08969 and Ho and Hsieh, arXiv:1803.00026)."""
    hamiltonian = transverse_ising(ring(6), 1.0, 1.0)
    circuit = build_ansatz("hamiltonian_variational", 6, 3)

    def value_and_gradient(w):
        values, pull_back = Simulator("double").value_and_pullback(circuit, hamiltonian, w=w)
        return float(values[0, 0]), pull_back(np.ones((1, 1))).w

    starts = [np.random.default_rng(seed).uniform(0, 1, circuit.n_weights) for seed in range(4)]
    best = min(minimize(value_and_gradient, start, "l-bfgs", 500, tol=1e-13).fun for start in starts)
    assert best == pytest.approx(ground_energy(hamiltonian), abs=1e-6)


def test_a_start_comes_first():
    circuit = hamiltonian_variational(GROUPS, 1, Circuit(3).h(0))
    assert circuit[0].name == "h"
    assert hamiltonian_variational(GROUPS, 0, Circuit(3).h(0)) == Circuit(3).h(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hamiltonian_variational([GROUPS[0], PauliSum.from_dict({"X": 1.0})], 1), "one register"),
        (lambda: hamiltonian_variational([PauliSum.from_dict({"X": 1j})], 1), "must hold Hermitian sums"),
        (lambda: hamiltonian_variational([PauliSum.from_dict({"II": 1.0})], 1), "besides the identity"),
        (lambda: hamiltonian_variational(GROUPS, -1), "`layers` must be at least 0"),
        (lambda: hamiltonian_variational(GROUPS, 1, Circuit(2)), "must be a Circuit of 3 qubits"),
        (lambda: build_ansatz("hamiltonian_variational", 4, 1, groups=GROUPS), "must act on 4 qubits, but acts on 3"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("groups", [[], ["XX"], PauliSum.from_dict({"II": 1.0})])
def test_what_are_no_groups(groups):
    with pytest.raises(TypeError, match="must be a PauliSum or hold at least one"):
        hamiltonian_variational(groups, 1)


def test_a_number_is_no_group():
    with pytest.raises(TypeError, match="`groups` must be a PauliSum or a list of them, but is int"):
        hamiltonian_variational(3, 1)
