"""Boolean functions as circuits: the transform against its definition, the readout against the table, the doors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twin
from ketwork import PauliSum, Simulator
from ketwork.models.boolean_circuits import all_bits, boolean_circuit, reed_muller


def from_monomials(monomials, n):
    """f by the definition: an exclusive or over subsets of products of bits."""
    values = []
    for bits in all_bits(n).astype(int):
        total = 0
        for number in np.flatnonzero(monomials):
            total ^= int(all(bits[j] for j in range(n) if number >> (n - 1 - j) & 1))
        values.append(total)
    return np.array(values)


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2 ** (1 << n) - 1))))
def test_reed_muller_says_the_function(drawn):
    n, number = drawn
    table = np.array([number >> k & 1 for k in range(1 << n)])
    monomials = reed_muller(table)
    assert np.array_equal(from_monomials(monomials, n), table)
    assert np.array_equal(reed_muller(monomials), table.astype(bool))  # its own inverse


def test_known_expansions():
    bits = all_bits(3).astype(int)
    assert np.flatnonzero(reed_muller(bits.sum(axis=1) % 2)).tolist() == [0b001, 0b010, 0b100]  # a parity
    assert np.flatnonzero(reed_muller(bits.all(axis=1))).tolist() == [0b111]
    majority = bits.sum(axis=1) >= 2  # ab + ac + bc, modulo 2
    assert np.flatnonzero(reed_muller(majority)).tolist() == [0b011, 0b101, 0b110]
    assert np.flatnonzero(reed_muller([1, 1])).tolist() == [0]


@pytest.mark.parametrize("readout", ["Z", "Y"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_the_readout_is_the_label_exactly(n, readout):
    rng = np.random.default_rng(n)
    for _ in range(4):
        table = rng.integers(0, 2, 1 << n)
        circuit = boolean_circuit(table, readout)
        value = Simulator().expectation(circuit, PauliSum.from_dict({"I" * n + readout: 1.0}), all_bits(n))[:, 0]
        assert np.allclose(value, 1 - 2 * table, atol=1e-12)


def test_the_plain_twin_agrees():
    table = np.array([0, 1, 1, 1, 0, 0, 1, 0])
    psi = twin.state(boolean_circuit(table), all_bits(3), np.zeros(0))
    assert np.allclose(twin.expectation(psi, [PauliSum.from_dict({"IIIZ": 1.0})])[:, 0], 1 - 2 * table)


def test_bits_in_counting_order():
    assert all_bits(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reed_muller([0, 1, 1]), r"`table` must have 2\^n entries"),
        (lambda: reed_muller([0]), r"`table` must have 2\^n entries"),
        (lambda: reed_muller([]), r"`table` must have 2\^n entries"),
        (lambda: reed_muller([0, 2]), "`table` must hold 0 and 1 alone"),
        (lambda: boolean_circuit([0, 1], "X"), "`readout` must be one of Z, Y"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_fewer_bits_than_none():
    assert all_bits(0).shape == (1, 0)
    with pytest.raises(ValueError, match=r"`n_bits` must lie in \[0, 20\], but is -1"):
        all_bits(-1)
