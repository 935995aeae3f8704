"""What is not Clifford: T gates, Toffoli's seven, Ross and Selinger's numbers, extents by closed forms."""

import numpy as np
import pytest

from ketwork import Circuit, w
from ketwork.models.diagnostics import non_clifford


def test_clifford_gates_count_nothing():
    circuit = Circuit(3).h(0).s(1).cx(0, 1).cz(1, 2).swap(0, 2).sx(1).y(2).rx(0, np.pi / 2).rzz(0, 1, -np.pi).ecr(0, 1)
    found = non_clifford(circuit)
    assert (found.t_gates, found.rotations, found.t_count, found.log2_extent) == (0, 0, 0, 0)
    assert found.clifford > 0


def test_t_gates_and_toffolis():
    found = non_clifford(Circuit(3).t(0).tdg(1).ccx(0, 1, 2).rz(0, 3 * np.pi / 4))
    assert (found.t_gates, found.rotations, found.t_count) == (10, 0, 10)
    assert found.log2_extent == pytest.approx(10 * np.log2(1 / np.cos(np.pi / 8) ** 2))


def test_rotations_take_3_log2_of_the_inverse_precision():
    circuit = Circuit(2).rx(0, 0.3).rzz(0, 1, 1.0)
    found = non_clifford(circuit, 1e-3)
    assert found.rotations == 2 and found.t_count == int(np.ceil(2 * 3 * np.log2(2 / 1e-3)))
    assert non_clifford(circuit, 1e-6).t_count == pytest.approx(2 * 3 * np.log2(2 / 1e-6), abs=1)


@pytest.mark.parametrize("angle", [0.1, 0.5, np.pi / 4, 1.0, 1.4])
def test_the_extent_is_that_of_the_two_clifford_decomposition(angle):
    """arXiv:1808.00128: |a| + |b| squared for exp(-i t Z/2) = a 1 + b S up to a phase, angles within [0, pi/2]."""
    turned = np.diag([1, np.exp(1j * angle)])
    a, b = np.linalg.solve(np.array([[1, 1], [1, 1j]]), np.diag(turned))
    assert 2 ** non_clifford(Circuit(1).rz(0, angle)).log2_extent == pytest.approx((abs(a) + abs(b)) ** 2)
    for same in (angle + np.pi / 2, -angle, np.pi - angle):
        assert non_clifford(Circuit(1).ry(0, same)).log2_extent == pytest.approx(
            non_clifford(Circuit(1).rz(0, angle)).log2_extent
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: non_clifford(Circuit(1).rx(0, w[0])), "no open slots"),
        (lambda: non_clifford(Circuit(1), 0.0), "`precision` must be above 0"),
        (lambda: non_clifford(Circuit(1).prepare([0], [1, 0])), "amplitudes"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
