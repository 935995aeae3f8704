"""Evolution under Pauli strings against dense exponentials."""

import numpy as np
import pytest
from scipy.linalg import expm

from ketwork import Circuit, PauliSum, w
from ketwork.models.evolution import evolve, turn
from ketwork.operators import pauli


@pytest.mark.parametrize("string", ["X", "Z", "YY", "XZ", "IXI", "ZIZ", "YXZ", "I", "II"])
def test_a_turn_is_an_exponential(string):
    """On a register of three, its letters on qubits 2, 0, 1, the phase of I included."""
    qubits = (2, 0, 1)[: len(string)]
    found = turn(Circuit(3), string, qubits, w[0]).bind(w=[0.7]).matrix()
    np.testing.assert_allclose(found, expm(-0.35j * pauli(string, qubits, 3).matrix()), atol=1e-14)


def test_commuting_terms_are_exact():
    generator = PauliSum.from_dict({"XXI": 0.5, "IZZ": 0.0, "ZZI": -1.2, "III": 0.3})
    found = evolve(Circuit(3), generator, 2 * w[1]).bind(w=[0, 0.4]).matrix()
    np.testing.assert_allclose(found, expm(-0.8j * generator.matrix()), atol=1e-14)


def test_forth_and_back_is_of_second_order():
    """Half a step forth and half a step back: halving the time divides the error by 8."""
    generator = PauliSum.from_dict({"XI": 0.9, "ZZ": -1.2, "IY": 0.4})
    errors = []
    for time in (0.2, 0.1):
        found = evolve(evolve(Circuit(2), generator, time / 2), generator, time / 2, backwards=True).matrix()
        errors.append(np.abs(found - expm(-1j * time * generator.matrix())).max())
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.1)
