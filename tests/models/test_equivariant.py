"""Equivariant ansaetze: circuits that commute with every symmetry, as matrices."""

import contextlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketwork import Circuit, PauliSum, Simulator, x
from ketwork.models.equivariant import Symmetry, equivariant_ansatz, equivariant_generators, twirl
from ketwork.operators import pauli


def matrix_of(symmetry, n):
    """Qubit q goes to permutation[q], then the string."""
    symmetry = Symmetry.of(symmetry, n)
    moved = np.zeros((1 << n, 1 << n))
    for index in range(1 << n):
        bits = [index >> (n - 1 - q) & 1 for q in range(n)]
        new = [0] * n
        for q, bit in enumerate(bits):
            new[symmetry.permutation[q]] = bit
        moved[int("".join(map(str, new)), 2), index] = 1
    return PauliSum.from_dict({symmetry.string: 1.0}).matrix() @ moved


@st.composite
def symmetries(draw, n):
    permutation = draw(st.permutations(range(n)))
    letters = "".join(draw(st.lists(st.sampled_from("IXYZ"), min_size=n, max_size=n)))
    return Symmetry(tuple(permutation), letters)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), n=st.integers(2, 4), seed=st.integers(0, 999))
def test_the_circuit_commutes_with_the_representation(data, n, seed):
    """Whatever permutations and strings generate the group, and whatever the weights."""
    group = data.draw(st.lists(symmetries(n), min_size=1, max_size=2))
    strings = data.draw(st.lists(st.sampled_from(["X", "Y", "Z", "XX", "ZZ", "XZ"][: 3 + n]), min_size=2, unique=True))
    circuit = None
    with contextlib.suppress(ValueError):  # where nothing survives, or an orbit does not commute
        circuit = equivariant_ansatz(n, 2, group, strings)
    assume(circuit is not None)
    weights = np.random.default_rng(seed).normal(size=circuit.n_weights) * 2
    U = circuit.bind(w=weights).matrix()
    for symmetry in group:
        S = matrix_of(symmetry, n)
        np.testing.assert_allclose(U @ S, S @ U, atol=1e-10)


@settings(max_examples=30, deadline=None)
@given(data=st.data(), n=st.integers(2, 3), seed=st.integers(0, 999))
def test_twirling_is_the_mean_over_the_group(data, n, seed):
    """Against the group listed as matrices, up to phases."""
    group = data.draw(st.lists(symmetries(n), min_size=1, max_size=2))
    generators = [matrix_of(symmetry, n) for symmetry in group]
    elements = [np.eye(1 << n, dtype=complex)]
    for element in elements:
        for generator in generators:
            new = generator @ element
            if not any(abs(abs(np.vdot(new, old)) / len(new) - 1) < 1e-9 for old in elements):
                elements.append(new)
    rng = np.random.default_rng(seed)
    strings = ["".join(letters) for letters in rng.choice(list("IXYZ"), (3, n))]
    operator = PauliSum.from_list([(string, rng.normal()) for string in strings])
    expected = sum(U @ operator.matrix() @ U.conj().T for U in elements) / len(elements)
    np.testing.assert_allclose(twirl(operator, group).matrix(), expected, atol=1e-12)


def test_all_permutations_leave_sums():
    """S_n: the sums of X, of Z, and of ZZ over all pairs, as in Schatzki et al.; for n = 8 it has 40,320 elements."""
    swap, cycle = (1, 0, *range(2, 8)), (*range(1, 8), 0)
    generators = equivariant_generators(8, [swap, cycle])
    assert [len(generator.terms) for generator in generators] == [8, 8, 28]
    assert {c for generator in generators for _, c in generator.terms} == {1.0}


def test_a_reflection_picks_its_parity():
    """Against a flip of all bits, Z goes into minus itself and ZZ stays; X stays."""
    generators = equivariant_generators(2, ["XX"], ("X", "Z", "ZZ"))
    assert [generator.terms for generator in generators] == [
        (("XI", 1.0),), (("IX", 1.0),), (("ZZ", 1.0),),
    ]  # fmt: skip
    assert twirl(pauli("Z", 0, 2), ["XX"]).terms == ()


def test_a_reflected_swap_keeps_differences():
    """Qubits exchanged and flipped: Z_0 - Z_1 stays, Z_0 + Z_1 does not."""
    (generator,) = equivariant_generators(2, [Symmetry((1, 0), "XX")], ("Z",))
    assert generator == PauliSum.from_dict({"ZI": 1.0, "IZ": -1.0})


def test_a_whole_model_is_invariant():
    """Noughts and crosses on a ring of four: turning the board turns no answer, when all else is equivariant too."""
    turned, mirrored = (1, 2, 3, 0), (0, 3, 2, 1)
    encoding = Circuit(4)
    for q in range(4):
        encoding = encoding.rx(q, x[q])
    circuit = encoding + equivariant_ansatz(4, 2, [turned, mirrored], ("Y", "X", "ZZ"))
    observable = twirl(pauli("Z", 0, 4), [turned, mirrored])
    board = np.array([0.3, -1.1, 2.0, 0.7])
    boards = np.array([board, np.roll(board, 1), board[[0, 3, 2, 1]], board[[1, 0, 2, 3]]])
    weights = np.random.default_rng(0).normal(size=circuit.n_weights)
    values = Simulator("double").expectation(circuit, observable, boards, weights)[:, 0]
    assert values[1] == pytest.approx(values[0], abs=1e-12)
    assert values[2] == pytest.approx(values[0], abs=1e-12)
    assert abs(values[3] - values[0]) > 1e-3  # no symmetry of the board


def test_a_shift_is_what_one_gets():
    circuit = equivariant_ansatz(5, 1)
    assert circuit.n_weights == 2 + 2  # X, Z, neighbours and second neighbours
    shift = matrix_of((1, 2, 3, 4, 0), 5)
    U = circuit.bind(w=[0.3, 0.4, 0.5, 0.6]).matrix()
    np.testing.assert_allclose(U @ shift, shift @ U, atol=1e-12)
    assert equivariant_ansatz(1, 2).count() == {"rx": 2, "rz": 2}  # one qubit has no pairs


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: equivariant_ansatz(3, 1, [(0, 1, 1)]), "must be a permutation of qubits 0 to 2"),
        (lambda: equivariant_ansatz(3, 1, [(1, 0)]), "must act on 3 qubits, but acts on 2"),
        (lambda: equivariant_ansatz(3, 1, ["XQX"]), "3 letters out of I, X, Y, Z"),
        (lambda: equivariant_ansatz(3, 1, ["XXX"], ("Z",)), "No string out of `strings` survives"),
        (lambda: equivariant_ansatz(3, 1, strings=("ZA",)), "strings of X, Y, Z for up to 3 qubits"),
        (lambda: equivariant_ansatz(3, 1, strings=("XZ",)), "images of 'XZI' under the symmetries do not commute"),
        (lambda: equivariant_ansatz(3, -1), "`layers` must be at least 0"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("symmetry", [3, (0.5, 1, 2)])
def test_what_is_no_symmetry(symmetry):
    with pytest.raises(TypeError, match="must hold permutations, Pauli strings or Symmetry"):
        equivariant_ansatz(3, 1, [symmetry])


def test_lists_and_what_is_none():
    assert equivariant_ansatz(3, 1, strings="XX") == equivariant_ansatz(3, 1, strings=("XX",))
    for wrong in (3, "XXX"):
        with pytest.raises(TypeError, match="`symmetries` must be a list, such as"):
            equivariant_ansatz(3, 1, wrong)
