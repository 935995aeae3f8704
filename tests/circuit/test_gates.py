"""Every row of the gate table, its columns checked against each other."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy.linalg import expm

import twin
from ketwork.circuit.gates import ALIASES, GATES, SPECIAL, GateRow, Phase, Rot, pauli_matrix, pauli_rotation_matrix

CLOSE = {"rtol": 0, "atol": 1e-14}


def assert_gate_row(row: GateRow, params: tuple[float, ...]) -> None:
    """All that must hold between the columns of one row."""
    matrix = row.matrix(*params)
    size = 2**row.n_qubits
    assert matrix.shape == (size, size)
    assert matrix.dtype == np.complex128
    np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(size), err_msg="unitary", **CLOSE)
    np.testing.assert_allclose(twin.steps_matrix(row.steps, row.n_qubits, params), matrix, err_msg="steps", **CLOSE)
    name, order = row.inverse
    back = GATES[name].matrix(*(np.sign(k) * params[abs(k) - 1] for k in order))
    np.testing.assert_allclose(back @ matrix, np.eye(size), err_msg="inverse", **CLOSE)
    if row.generator is not None:
        generator = sum(c * pauli_matrix(string) for c, string in row.generator)
        np.testing.assert_allclose(expm(-1j * params[0] * generator), matrix, err_msg="generator", **CLOSE)


@pytest.mark.parametrize("name", GATES)
def test_columns_agree(name):
    row = GATES[name]
    rng = np.random.default_rng(7)
    for params in [(0.0,) * row.n_params, (np.pi,) * row.n_params, *rng.uniform(-7, 7, (3, row.n_params))]:
        assert_gate_row(row, tuple(map(float, params)))


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("steps", GATES["rz"].steps),
        ("steps", (Rot("Y", (1.0,)), Phase((), 1e-9))),
        ("inverse", ("ry", (1,))),
        ("generator", ((0.25, "Y"),)),
        ("matrix", lambda theta: 2 * GATES["ry"].matrix(theta)),
    ],
)
def test_the_check_can_fail(column, wrong):
    broken = dataclasses.replace(GATES["ry"], **{column: wrong})
    with pytest.raises(AssertionError):
        assert_gate_row(broken, (0.3,))


@pytest.mark.parametrize("name", [name for name, row in GATES.items() if row.n_params])
def test_every_step_has_a_coefficient_for_every_parameter(name):
    row = GATES[name]
    lengths = {len(step.coefficients) for step in row.steps if isinstance(step, Rot | Phase)}
    assert lengths <= {0, row.n_params}


def test_names_are_unique_and_lower_case():
    names = [*GATES, *ALIASES, *SPECIAL]
    assert len(names) == len(set(names))
    assert all(name == name.lower() and name == row.name for name, row in GATES.items())
    assert set(ALIASES.values()) <= set(GATES)


def test_what_the_table_must_hold():
    wanted = "i x y z h s sdg t tdg sx rx ry rz p u3 cx cy cz ch swap iswap ecr crx cry crz cp rxx ryy rzz xx_plus_yy"
    assert set(wanted.split()) | {"ccx", "cswap"} <= set(GATES)


def test_matrices_are_fresh_each_time():
    GATES["h"].matrix()[0, 0] = 9
    GATES["swap"].matrix()[0, 0] = 9
    GATES["iswap_dg"].matrix()[0, 0] = 9
    assert_gate_row(GATES["h"], ())
    assert_gate_row(GATES["swap"], ())
    assert_gate_row(GATES["iswap_dg"], ())


@pytest.mark.parametrize("string", ["X", "ZY", "IXI", "YZXI"])
def test_pauli_rotation_is_the_exponential(string):
    expected = expm(-0.35j * pauli_matrix(string))
    np.testing.assert_allclose(pauli_rotation_matrix(string, 0.7), expected, **CLOSE)


def test_first_letter_is_most_significant():
    x, y, z = (pauli_matrix(letter) for letter in "XYZ")
    np.testing.assert_array_equal(pauli_matrix("XYZ"), np.kron(x, np.kron(y, z)))
    for a, b in itertools.permutations((x, y, z), 2):
        np.testing.assert_array_equal(a @ b, -b @ a)
