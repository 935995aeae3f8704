"""Any unitary as steps: exact, and with few rotations that are not diagonal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import unitary_group

import twin
from ketwork import Circuit
from ketwork.circuit.decompose import diagonal_steps, gate_steps, one_qubit_steps, two_qubit_steps
from ketwork.circuit.gates import GATES, Rot
from ketwork.circuit.operation import make_gate

angles = st.one_of(st.sampled_from([0.0, np.pi / 2, np.pi, -np.pi, 1e-9, np.pi - 1e-9]), st.floats(-7, 7))


def _costly(steps):
    return sum(isinstance(step, Rot) and not set(step.pauli) <= set("IZ") for step in steps)


@given(angles, angles, angles, angles)
@settings(max_examples=200, deadline=None)
def test_one_qubit(a, b, c, d):
    u = np.exp(1j * a) * GATES["u3"].matrix(b, c, d)
    steps = one_qubit_steps(u)
    np.testing.assert_allclose(twin.steps_matrix(steps, 1), u, atol=1e-14)
    assert _costly(steps) == 1


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_two_qubits(seed):
    u = unitary_group.rvs(4, random_state=seed)
    steps = two_qubit_steps(u)
    np.testing.assert_allclose(twin.steps_matrix(steps, 2), u, atol=2e-14)
    assert _costly(steps) <= 6


@pytest.mark.parametrize("name", [name for name, row in GATES.items() if row.n_qubits == 2])
def test_two_qubit_gates_of_the_table(name):
    row = GATES[name]
    for angle in (0.0, 0.4, np.pi):
        u = row.matrix(*[angle] * row.n_params)
        np.testing.assert_allclose(twin.steps_matrix(two_qubit_steps(u), 2), u, atol=2e-14)


@pytest.mark.parametrize("kind", ["product", "identity", "permutation"])
def test_two_qubit_unitaries_that_are_degenerate(kind):
    rng = np.random.default_rng(3)
    for seed in range(10):
        a, b = unitary_group.rvs(2, size=2, random_state=seed)
        u = {
            "product": np.kron(a, b),
            "identity": np.eye(4) * np.exp(1j * seed),
            "permutation": np.eye(4)[rng.permutation(4)] * np.exp(1j * rng.normal(size=4)),
        }[kind]
        np.testing.assert_allclose(twin.steps_matrix(two_qubit_steps(u), 2), u, atol=2e-14)


@given(st.integers(1, 5), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_diagonals(n, seed):
    phases = np.random.default_rng(seed).uniform(-7, 7, 2**n)
    steps = diagonal_steps(phases)
    np.testing.assert_allclose(twin.steps_matrix(steps, n), np.diag(np.exp(1j * phases)), atol=1e-13)
    assert _costly(steps) == 0


def test_steps_of_any_gate():
    for gate in (
        make_gate("pauli_rotation", (0, 1), (0.3,), "YX"),
        make_gate("unitary", (0,), (), GATES["h"].matrix()),
        make_gate("unitary", (0, 1), (), GATES["ecr"].matrix()),
        make_gate("diagonal", (0, 1), (), [1, 1j, -1, 1]),
        make_gate("cswap", (0, 1, 2)),
    ):
        n = len(gate.qubits)
        expected = Circuit(n, [gate]).matrix()
        np.testing.assert_allclose(twin.steps_matrix(gate_steps(gate), n, gate.params), expected, atol=1e-14)


def test_steps_are_shared_not_worked_out_again():
    assert gate_steps(make_gate("ccx", (2, 0, 1))) is GATES["ccx"].steps
    u = unitary_group.rvs(4, random_state=5)
    assert gate_steps(make_gate("unitary", (0, 1), (), u)) is gate_steps(make_gate("unitary", (1, 0), (), u.copy()))


def test_what_has_no_steps():
    with pytest.raises(ValueError, match="'measure' is not a unitary gate"):
        gate_steps(make_gate("measure", (0,), (), 0))
