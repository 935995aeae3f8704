"""Schmidt ranks of GHZ, Bell pairs and random states; truncation that keeps the fidelity it promises."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.models.ansatz import hardware_efficient, strongly_entangling
from ketwork.models.diagnostics import bond_dimensions
from ketwork.models.diagnostics.schmidt import applied, bond_bound


def ghz(n):
    circuit = Circuit(n).h(0)
    for q in range(n - 1):
        circuit = circuit.cx(q, q + 1)
    return circuit


def test_ghz_has_rank_2_and_one_bit_at_every_cut():
    found = bond_dimensions(ghz(6))
    assert found.largest == 2 and found.ranks.max() == 2 and found.limit == 8
    np.testing.assert_allclose(found.entropies, 1)
    np.testing.assert_allclose(found.bound, 2)


def test_crossing_bell_pairs_double_the_rank_each():
    circuit = Circuit(6)
    for q in range(3):
        circuit = circuit.h(q).cx(q, q + 3)
    found = bond_dimensions(circuit, 1.0)
    assert found.largest == 8
    np.testing.assert_allclose(found.entropies, [1, 2, 3, 2, 1])
    assert found.lost[0] == pytest.approx(1)  # more than all, summed over cuts
    assert bond_dimensions(circuit + circuit.inverse()).entropies.max() == pytest.approx(0, abs=1e-9)


def test_states_on_the_way_are_the_simulators():
    circuit = strongly_entangling(4, 2).bind(w=np.random.default_rng(0).uniform(0, 6, 24)) + Circuit(4).ccx(3, 0, 1)
    state = np.eye(1, 16, dtype=complex)[0]
    for gate in circuit.gates:
        state = applied(gate, state, 4)
    np.testing.assert_allclose(state, Simulator().state(circuit)[0], atol=1e-12)
    vector = np.array([0.6, 0, 0, 0.8j])
    prepared = Circuit(3).prepare((2, 0), vector).h(1)
    state = np.eye(1, 8, dtype=complex)[0]
    for gate in prepared.gates:
        state = applied(gate, state, 3)
    np.testing.assert_allclose(state, Simulator().state(prepared)[0], atol=1e-12)


def test_the_bond_dimension_that_is_named_keeps_the_fidelity():
    rng = np.random.default_rng(1)
    circuit = hardware_efficient(8, 2).bind(w=rng.normal(0, 0.35, 48))
    state = Simulator().state(circuit)[0]
    for fidelity in (0.9, 0.99, 0.9999):
        found = bond_dimensions(circuit, fidelity)
        kept = int(found.needed[-1])
        cut = state
        for place in range(7):  # cut by cut, as a matrix product state is compressed
            u, s, v = np.linalg.svd(cut.reshape(2 << place, -1), full_matrices=False)
            cut = ((u[:, :kept] * s[:kept]) @ v[:kept]).ravel()
        assert abs(np.vdot(cut, state)) ** 2 / np.vdot(cut, cut).real >= fidelity
        assert found.needed[-1] <= found.ranks[-1] <= found.bound.max()


def test_ranks_never_pass_the_bound_of_the_gates():
    rng = np.random.default_rng(2)
    for _ in range(5):
        circuit = Circuit(5)
        for _ in range(6):
            a, b = (int(q) for q in rng.choice(5, 2, replace=False))
            name = rng.choice(["cx", "swap", "rxx", "iswap", "crz"])
            circuit = circuit.ry(a, 0.4).rx(b, 0.7)
            circuit = circuit.append(str(name), (a, b), (0.9,) if name in ("rxx", "crz") else ())
        state = Simulator().state(circuit)[0]
        ranks = [np.linalg.matrix_rank(state.reshape(2 << cut, -1), 1e-9) for cut in range(4)]
        assert (np.array(ranks) <= bond_bound(circuit)).all()


def test_large_circuits_are_counted_alone():
    found = bond_dimensions(ghz(40))
    assert found.needed is None and found.largest == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bond_dimensions(Circuit(2).rx(0, w[0])), "no open slots"),
        (lambda: bond_dimensions(Circuit(2), 1.1), "`fidelity` must lie in"),
        (lambda: bond_dimensions(Circuit(2).measure(0, 0)), "gates alone"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
