"""Circuits that prepare matrix product states: the simulator makes the state, which is compared with the target."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.operators import spins
from ketwork.solve.dmrg import ground_mps
from ketwork.solve.mps_circuit import (
    apply_gate,
    block_layers,
    disentangler,
    extended,
    mps_circuit,
    optimised,
    staircase,
)
from ketwork.solve.mps_state import mps_of_vector
from twin import applied, state


def random_vector(seed, n, real=False):
    rng = np.random.default_rng(seed)
    v = rng.normal(size=2**n) + (0 if real else 1j * rng.normal(size=2**n))
    return v / np.linalg.norm(v)


def prepared(found):
    return state(found.circuit, np.zeros((1, 0)), found.start)[0]


def ghz(n):
    return np.eye(2**n)[0] + np.eye(2**n)[-1]


def w_state(n):
    return sum(np.eye(2**n)[1 << k] for k in range(n))


@pytest.mark.parametrize(
    "vector",
    [
        np.ones(32),
        np.eye(16)[5],
        ghz(6),
        w_state(5),
        np.kron(random_vector(1, 1), random_vector(2, 1)),
        random_vector(3, 2),
        mps_of_vector(random_vector(4, 7), 2).vector(),
    ],
    ids=["plus", "basis", "ghz", "w", "product", "two qubits", "random of bond dimension 2"],
)
def test_one_layer_is_enough_for_bond_dimension_two(vector):
    found = mps_circuit(mps_of_vector(vector), 1, sweeps=0)  # no optimisation: the layer itself is exact
    assert found.fidelity == pytest.approx(1, abs=1e-10)
    assert abs(np.vdot(vector, prepared(found))) ** 2 / np.linalg.norm(vector) ** 2 == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("real", [False, True])
def test_more_layers_and_sweeps_come_closer(real):
    target = mps_of_vector(random_vector(7, 6, real))
    analytic = mps_circuit(target, 4, sweeps=0)
    found = mps_circuit(target, 4, sweeps=20)
    for one in (analytic, found):
        assert list(one.fidelities) == sorted(one.fidelities)
        assert abs(np.vdot(target.vector(), prepared(one))) ** 2 == pytest.approx(one.fidelity, abs=1e-10)
        assert len(one.gates) == 4 * 5
        assert one.circuit.n_weights == len(one.start) == 4 * 5 * 15
    assert all(a > b for a, b in zip(found.fidelities, analytic.fidelities, strict=True))
    assert found.fidelity > 0.98
    assert found.fidelities[0] > 0.3


def test_the_best_gate_is_where_the_gradient_vanishes():
    """After sweeps to convergence no weight of the circuit changes the fidelity to first order."""
    target = random_vector(9, 4)
    found = mps_circuit(mps_of_vector(target), 1, sweeps=400, tolerance=0.0)

    def infidelity(weights):
        psi = Simulator().state(found.circuit, w=weights)[0]
        return 1 - abs(np.vdot(target, psi)) ** 2

    for k in range(0, found.circuit.n_weights, 4):
        step = 1e-4 * np.eye(found.circuit.n_weights)[k]
        slope = (infidelity(found.start + step) - infidelity(found.start - step)) / 2e-4
        assert abs(slope) < 1e-4


def test_sweeps_never_lose():
    target = random_vector(11, 5)
    gates = disentangler(target)
    last = optimised(target, gates, 0)[1]
    for _ in range(5):
        gates, fidelity = optimised(target, gates, 1, -1.0)
        assert fidelity >= last - 1e-12
        last = fidelity
    for _, u in gates:
        assert np.abs(u @ u.conj().T - np.eye(4)).max() < 1e-12


def test_a_layer_is_never_worse_than_none():
    """|0000> with a little of everything: cut to bond dimension 2 it must not get farther away."""
    for seed in range(20):
        vector = np.eye(32)[0] + 0.02 * random_vector(seed, 5)
        vector = vector / np.linalg.norm(vector)
        assert optimised(vector, disentangler(vector), 0)[1] >= abs(vector[0]) ** 2 - 1e-12


def test_gates_on_vectors():
    v, u = random_vector(12, 7), np.linalg.qr(random_vector(13, 4).reshape(4, 4))[0]
    for q in range(6):
        wanted = applied(u, v.reshape((2,) * 7), (q, q + 1)).ravel()
        assert np.abs(apply_gate(u, q, v) - wanted).max() < 1e-14


@pytest.mark.parametrize("pattern", ["brick", "staircase"])
def test_an_extension_does_nothing_at_first(pattern):
    h = spins.heisenberg(spins.chain(6))
    found = mps_circuit(ground_mps(h, 4), 2, sweeps=10)
    before = Simulator().expectation(found.circuit, h, w=found.start)[0, 0]
    circuit, start = extended(found.circuit, found.start, 2, pattern)
    assert circuit.n_weights == len(start) == (2 + 2) * 5 * 15
    values, pull_back = Simulator().value_and_pullback(circuit, h, w=start)
    assert values[0, 0] == pytest.approx(before, abs=1e-9)
    gradient = pull_back(np.ones((1, 1))).w
    assert np.abs(gradient[found.circuit.n_weights :]).max() > 1e-3  # and yet there is somewhere to go


def test_the_shapes_of_layers():
    assert [g.qubits for g in staircase(4, 1) if g.name == "rxx"] == [(0, 1), (1, 2), (2, 3)]
    assert [g.qubits for g in block_layers(5, 1) if g.name == "rxx"] == [(0, 1), (2, 3), (1, 2), (3, 4)]
    assert block_layers(3, 0).n_weights == 0


def test_bad_input():
    state_of_two = mps_of_vector(np.ones(4))
    with pytest.raises(TypeError, match="`target` must be a MatrixProductState"):
        mps_circuit(np.ones(4))
    with pytest.raises(ValueError, match="`layers` must be at least 1"):
        mps_circuit(state_of_two, 0)
    with pytest.raises(ValueError, match=r"`target\.n_qubits` must lie in \[2, 22\]"):
        mps_circuit(mps_of_vector(np.ones(2)))
    with pytest.raises(ValueError, match="Did you mean 'brick'"):
        block_layers(4, 1, "bricks")
    with pytest.raises(ValueError, match="`start` must have 15 values, but has 3"):
        extended(staircase(2), np.zeros(3), 1)
