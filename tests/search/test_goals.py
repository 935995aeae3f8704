"""Goals: values and counts of meters, and that states, unitaries and problems are what their formulas say."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.search.goals import Energy

CIRCUIT = Circuit(2).ry(0, w[0]).cx(0, 1).crx(1, 0, w[1]).rz(1, w[2])
OBSERVABLE = PauliSum.from_dict({"ZZ": 0.5, "XI": -0.3, "YY": 0.2, "II": 0.1})
ANGLES = np.array([0.4, -1.2, 0.7])


def test_energy_is_the_expectation_value_and_its_error_the_distance():
    goal = Energy(OBSERVABLE, -0.9, "hartree", 0.01, scale=2.0)
    meter = goal.meter(CIRCUIT, None)
    state = CIRCUIT.bind(w=ANGLES).matrix()[:, 0]
    value = meter.value(ANGLES)
    assert value == pytest.approx(np.vdot(state, OBSERVABLE.matrix() @ state).real)
    assert goal.error(value) == pytest.approx((value + 0.9) / 2)
    assert goal.n_qubits == 2


def test_evaluations_are_those_of_the_shift_rule():
    meter = Energy(OBSERVABLE, -1.0).meter(CIRCUIT, None)
    assert meter.price == (1, 1 + 2 + 4 + 2)  # RY, CRX with two frequencies, RZ
    meter.value(ANGLES)
    gradient = meter.value_and_gradient(ANGLES)[1]
    assert meter.evaluations == 1 + 9
    assert meter.exact
    step = 1e-5
    slopes = [(meter.value(ANGLES + d) - meter.value(ANGLES - d)) / (2 * step) for d in step * np.eye(3)]
    assert gradient == pytest.approx(slopes, abs=1e-8)
    assert not Energy(OBSERVABLE, -1.0).meter(CIRCUIT, Simulator(shots=10)).exact


def test_prefix_comes_first_and_a_reference_is_left_alone():
    plain = Energy(OBSERVABLE, -1.0, prefix=Circuit(2).x(0))
    assert plain.whole(CIRCUIT) == Circuit(2).x(0) + CIRCUIT
    pair = Circuit(3).h(0).cx(0, 2)
    wide = Energy(PauliSum.from_dict({"ZIZ": 1.0}), -1.0, prefix=pair, reference=1)
    assert wide.n_qubits == 2
    assert wide.whole(CIRCUIT) == pair.compose(CIRCUIT, (0, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lowest": float("nan")}, "lowest"),
        ({"scale": 0.0}, "scale"),
        ({"reference": 1}, "prefix"),
        ({"reference": 2}, "reference"),
        ({"prefix": Circuit(3)}, "2 qubits of the observable"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        Energy(OBSERVABLE, **{"lowest": -1.0, **options})
