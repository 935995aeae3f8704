"""Random access codes: what the states hold, what reading them gives back, and the statistics of rounding."""

from itertools import product

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.operators.lanczos import expectation
from ketwork.operators.pauli import PauliSum
from ketwork.solve import magic_rounding as rounding
from ketwork.solve.magic_rounding import (
    AccessCode,
    along_axes,
    magic_rounding,
    magic_rounding_on,
    pauli_rounding,
    poles,
)

RECOVERY = {1: 1.0, 2: 0.5 + 0.5 / np.sqrt(2), 3: 0.5 + 0.5 / np.sqrt(3)}


@pytest.mark.parametrize("code", [1, 2, 3])
def test_each_bit_is_recovered_with_the_probability_of_the_code(code):
    """Reading the letter of a bit gives the bit with 1/2 + 1/(2 sqrt k), whatever the bits are."""
    placed = AccessCode(code, (tuple(range(code)),))
    for bits in product((0, 1), repeat=code):
        state = placed.product_state(bits)
        assert np.linalg.norm(state) == pytest.approx(1)
        for bit, letter in enumerate(placed.observables):
            right = (1 + (-1) ** bits[bit] * float(expectation(letter, state))) / 2
            assert right == pytest.approx(RECOVERY[code])


def test_poles_are_eigenstates():
    for direction in np.random.default_rng(0).normal(size=(10, 3)):
        unit = direction / np.linalg.norm(direction)
        pauli = PauliSum.from_list(list(zip("XYZ", unit, strict=True))).matrix()
        along, against = poles(unit)
        np.testing.assert_allclose(pauli @ along, along, atol=1e-12)
        np.testing.assert_allclose(pauli @ against, -against, atol=1e-12)


@pytest.mark.parametrize("code", [1, 2, 3])
def test_all_code_states_lie_on_the_axes(code):
    """2^k states on 2^(k-1) axes; read along its own axis a state gives all its bits."""
    placed = AccessCode(code, (tuple(range(code)),))
    assert len(placed.axes) == 2 ** (code - 1)
    seen = set()
    for axis, direction in enumerate(placed.axes):
        for outcome in (0, 1):
            bits = placed.bits([[axis]], [[outcome]])[0]
            seen.add(tuple(bits))
            overlap = np.vdot(placed.product_state(bits), poles(direction)[outcome])
            assert abs(overlap) == pytest.approx(1)
    assert len(seen) == 2**code


def bell_like(n, seed):
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    return psi / np.linalg.norm(psi)


@pytest.mark.parametrize("code", [1, 2, 3])
def test_means_of_rounded_spins_are_damped_letters(code):
    """E[s_i] = <P_i> / sqrt k and E[s_i s_j] = <P_i P_j> / k on different qubits; 5 standard errors."""
    bits = np.arange(3 * code).reshape(3, code)
    placed = AccessCode(code, tuple(map(tuple, bits.tolist())))
    psi = bell_like(3, code)
    shots = 40_000
    spins = 1.0 - 2 * magic_rounding(psi, placed, shots, seed=1)
    letters = placed.observables
    for i in range(placed.n_bits):
        assert spins[:, i].mean() == pytest.approx(float(expectation(letters[i], psi)) / code**0.5, abs=5 / shots**0.5)
        for j in range(i):
            if i // code != j // code:
                wanted = float(expectation(letters[i] @ letters[j], psi)) / code
                assert (spins[:, i] * spins[:, j]).mean() == pytest.approx(wanted, abs=5 / shots**0.5)


def test_rounding_a_code_state_gives_its_bits_as_often_as_it_should():
    """A (3,1) state is read along its own axis once in four, else each letter agrees on average with 1/3."""
    placed = AccessCode(3, ((0, 1, 2),))
    rows = magic_rounding(placed.product_state([1, 0, 1]), placed, 30_000, seed=2)
    overlaps = [(1 + abs(float(a @ placed.axes[0]))) / 2 for a in placed.axes]
    assert overlaps[0] == pytest.approx(1)
    whole = (rows == [1, 0, 1]).all(axis=1).mean()
    assert whole == pytest.approx(0.25, abs=0.02)


def test_shots_are_exchangeable():
    """The tree of outcomes leaves no order behind: halves agree."""
    placed = AccessCode(3, ((0, 1, 2), (3, 4)))
    rows = magic_rounding(bell_like(2, 5), placed, 20_000, seed=3)
    np.testing.assert_allclose(rows[:10_000].mean(axis=0), rows[10_000:].mean(axis=0), atol=0.03)


def test_a_backend_reads_the_same_distribution(monkeypatch):
    monkeypatch.setattr(rounding, "BASES", 400)
    circuit = Circuit(2).ry(0, w[0]).cx(0, 1).rz(1, w[1]).rx(1, 0.4)
    placed = AccessCode(2, ((0, 1), (2, 3)))
    weights = [0.8, 0.5]
    rows, circuits = magic_rounding_on(Simulator(seed=4), circuit, weights, placed, 16_000, seed=5)
    assert circuits == 400
    assert rows.shape == (16_000, 4)
    exact = magic_rounding(Simulator().state(circuit, None, weights)[0], placed, 16_000, seed=6)
    spins, wanted = 1.0 - 2 * rows, 1.0 - 2 * exact
    np.testing.assert_allclose(spins.mean(axis=0), wanted.mean(axis=0), atol=5 / 400**0.5 / 2)


def test_axes_are_turned_to_z():
    placed = AccessCode(3, ((0, 1, 2), (3, 4, 5)))
    circuit = Circuit(2).ry(0, 0.3).rx(1, 1.1).cz(0, 1)
    psi = Simulator().state(circuit)[0]
    axes = placed.axes[[1, 3]]
    amplitudes = np.kron(poles(axes[0]).conj(), poles(axes[1]).conj()) @ psi
    np.testing.assert_allclose(
        Simulator().probabilities(along_axes(circuit, axes))[0], np.abs(amplitudes) ** 2, atol=1e-12
    )


def test_signs():
    rows = np.concatenate([pauli_rounding([0.3, -0.2, 0.0], seed=k) for k in range(60)])
    assert (rows[:, 0] == 0).all()
    assert (rows[:, 1] == 1).all()
    assert 0 < rows[:, 2].mean() < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AccessCode(4, ((0,),)), r"`code` must lie in \[1, 3\]"),
        (lambda: AccessCode(2, ((0, 1, 2),)), "1 to 2 a qubit"),
        (lambda: AccessCode(2, ((0,), (2,))), "every bit once"),
        (lambda: magic_rounding([1, 0, 0], AccessCode(1, ((0,),)), 5), r"must have shape \(2,\)"),
        (lambda: magic_rounding([1, 0], AccessCode(1, ((0,),)), 0), "`shots` must be at least 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
