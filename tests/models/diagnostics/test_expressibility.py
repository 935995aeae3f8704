"""Expressibility against closed forms of one qubit, the paper's own numbers and uniformly random states."""

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.models.ansatz import strongly_entangling
from ketwork.models.diagnostics import expressibility
from ketwork.models.diagnostics.expressibility import haar_log_shares


def binned(cumulative):
    """The divergence from one qubit's uniform fidelities of a distribution given by its cumulative function."""
    shares = np.diff(cumulative(np.linspace(0, 1, 76)))
    return float((shares * np.log(shares * 75)).sum())


def test_an_idle_qubit_has_all_pairs_in_one_bin():
    found = expressibility(Circuit(1).rz(0, w[0]), 1000, seed=0)
    assert found.divergence == pytest.approx(np.log(75))  # the paper says about 4.30
    assert not found.uniform


def test_one_rotation_has_an_arcsine_law():
    """F = cos^2 of a uniform angle: the divergence is log(4/pi) without bins; the paper says about 0.22."""
    exact = binned(lambda f: 2 / np.pi * np.arcsin(np.sqrt(f)))
    found = expressibility(Circuit(1).h(0).rz(0, w[0]), 20_000, seed=1)
    assert found.divergence == pytest.approx(exact, abs=0.02)
    assert found.low < exact + 0.01 and exact - 0.01 < found.high
    assert 0.18 < exact < np.log(4 / np.pi)


def test_two_rotations_are_nearly_uniform():
    found = expressibility(Circuit(1).h(0).rz(0, w[0]).rx(0, w[1]), 5000, seed=2)
    assert 0.01 < found.divergence < 0.04  # the paper says about 0.02
    assert not found.uniform


def test_a_deep_circuit_cannot_be_told_from_uniform_states():
    uniform = [expressibility(strongly_entangling(3, 8), 3000, seed=seed).uniform for seed in range(5)]
    assert sum(uniform) >= 4
    shallow = expressibility(strongly_entangling(3, 1), 3000, seed=0)
    assert shallow.divergence > shallow.floor_high


def test_the_shares_of_uniform_states_are_their_density():
    states = np.random.default_rng(3).normal(size=(2, 200_000, 4, 2)) @ [1, 1j]
    states /= np.linalg.norm(states, axis=2, keepdims=True)
    fidelity = np.abs(np.einsum("bi,bi->b", states[0].conj(), states[1])) ** 2
    edges = np.linspace(0, 1, 11)
    expected = np.exp(haar_log_shares(2, edges))
    assert expected.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.histogram(fidelity, edges)[0] / 200_000, expected, atol=4e-3)


def test_the_tail_of_many_qubits_does_not_underflow():
    assert np.isfinite(haar_log_shares(12, np.linspace(0, 1, 76))[:-1]).all()
    assert expressibility(Circuit(12).rz(0, w[0]), 20, seed=0).divergence == pytest.approx(4095 * np.log(75))


def test_an_encoding_is_judged_over_its_inputs_and_a_model_within_a_sample():
    encoding = expressibility(Circuit(1).h(0).rz(0, x[0]), 5000, seed=4)
    assert encoding.divergence == pytest.approx(binned(lambda f: 2 / np.pi * np.arcsin(np.sqrt(f))), abs=0.03)
    model = expressibility(Circuit(1).ry(0, x[0]).rz(0, w[0]), 500, inputs=[[0.0]], seed=5)
    assert model.divergence == pytest.approx(np.log(75))  # RZ does nothing to |0>


def of_the_paper(number):
    """Circuits 1, 2, 3, 4 and 9 of fig. 2 of arXiv:1905.10876, four qubits, one layer."""
    circuit, k, down = Circuit(4), 0, [(3, 2), (2, 1), (1, 0)]
    if number == 9:
        for q in range(4):
            circuit = circuit.h(q)
        for a, b in down:
            circuit = circuit.cz(a, b)
    for letter in "x" if number == 9 else "xz":
        for q in range(4):
            circuit, k = circuit.append(f"r{letter}", (q,), (w[k],)), k + 1
    for a, b in down if number in (2, 3, 4) else ():
        name = {2: "cx", 3: "crz", 4: "crx"}[number]
        circuit, k = circuit.append(name, (a, b), () if number == 2 else (w[k],)), k + 1
    return circuit


@pytest.mark.parametrize(("number", "wanted"), [(1, 0.2999), (2, 0.2860), (3, 0.2396), (4, 0.1343), (9, 0.6773)])
def test_the_papers_circuits_have_the_papers_values(number, wanted):
    found = expressibility(of_the_paper(number), 5000, seed=6)
    spread = found.high - found.low  # the paper's number is an estimate of the same size
    assert abs(found.divergence - wanted) < spread


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expressibility(Circuit(15).rx(0, w[0])), "at most 14 qubits"),
        (lambda: expressibility(Circuit(1).rx(0, w[0]), 3), "`pairs` must be at least 10"),
        (lambda: expressibility(Circuit(1).rx(0, w[0]), bins=1), "`bins` must be at least 2"),
        (lambda: expressibility(Circuit(1).measure(0, 0)), "made of gates alone"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bins_are_coarse_where_uniform_states_fall_into_one():
    """(1 - 1/75)^(2^n - 1) of the pairs lie beyond the first bin: a share below 0.05 is coarse."""
    for n, coarse in ((4, False), (6, False), (9, True)):
        circuit = Circuit(n)
        for q in range(n):
            circuit = circuit.ry(q, w[q])
        assert expressibility(circuit, 20, seed=0).coarse is coarse
        assert coarse is bool((74 / 75) ** (2**n - 1) < 0.05)
