"""Inner optimisation: what it takes is never more than its price, and what it gives is what was found."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.optimize import METHODS
from ketwork.search import Energy, Inner
from ketwork.search.inner import train

OBSERVABLE = PauliSum.from_dict({"ZZ": 1.0, "XI": 0.5})
LOWEST = float(np.linalg.eigvalsh(OBSERVABLE.matrix())[0])
GOAL = Energy(OBSERVABLE, LOWEST)
CIRCUIT = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).ry(0, w[2]).crx(1, 0, w[3])
FITTING = [name for name, row in METHODS.items() if set(row.needs) <= {"value", "gradient"}]


@pytest.mark.parametrize("method", FITTING)
@pytest.mark.parametrize("shots", [None, 50])
def test_no_method_takes_more_than_its_price(method, shots):
    backend = Simulator("double", shots=shots, seed=1) if shots else None
    for steps, starts in ((1, 1), (7, 2)):
        inner, meter = Inner(method, steps, starts), GOAL.meter(CIRCUIT, backend)
        found = train(meter, inner, np.random.default_rng(0))
        assert 0 < found.evaluations == meter.evaluations <= inner.price(meter)
        assert found.params.shape == (4,) and np.isfinite(found.value)


@pytest.mark.parametrize("method", FITTING)
def test_exact_values_are_those_of_the_angles_and_no_worse_than_the_start(method):
    start = np.array([0.4, -0.3, 0.9, 0.2])
    before = GOAL.meter(CIRCUIT, None).value(start)
    found = train(GOAL.meter(CIRCUIT, None), Inner(method, 15), np.random.default_rng(2), start)
    assert found.value <= before
    assert GOAL.meter(CIRCUIT, None).value(found.params) == pytest.approx(found.value, abs=1e-12)


def test_the_lowest_value_is_found():
    found = train(GOAL.meter(CIRCUIT, None), Inner("l-bfgs", 60, 3), np.random.default_rng(1))
    assert found.value == pytest.approx(LOWEST, abs=1e-6)


def test_drawn_values_are_drawn_anew():
    """The lowest of many noisy values is too low; what is given is one more drawing at the last angles."""
    flat = Energy(PauliSum.from_dict({"XI": 1.0}), -1.0)
    circuit, backend = Circuit(2).rz(0, w[0]), Simulator("double", shots=20, seed=7)
    values = [train(flat.meter(circuit, backend), Inner("spsa", 20), np.random.default_rng(k)).value for k in range(40)]
    # every value is the mean of 20 fair coins: its mean over 40 is 0 within 4 standard errors
    assert abs(np.mean(values)) < 4 / np.sqrt(20 * 40) * 1.6


@pytest.mark.parametrize("method", FITTING)
@pytest.mark.parametrize("when", [1, 3])
def test_ctrl_c_is_no_answer(method, when):
    """Minimisers take it for an end; half an optimisation must not be logged as what the circuit is worth."""

    class Pressed:
        def __init__(self):
            self.meter, self.n_weights, self.exact = GOAL.meter(CIRCUIT, None), 4, True
            self.price, self.evaluations, self.asked = self.meter.price, 0, 0

        def value(self, w):
            self.press()
            return self.meter.value(w)

        def value_and_gradient(self, w):
            self.press()
            return self.meter.value_and_gradient(w)

        def press(self):
            self.asked += 1
            if self.asked == when:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(Pressed(), Inner(method, 10), np.random.default_rng(0))


def test_circuits_without_angles_take_one_value():
    meter = GOAL.meter(Circuit(2).h(0), None)
    found = train(meter, Inner(), np.random.default_rng(0))
    assert found.evaluations == 1 == Inner().price(meter) and found.params.size == 0
    assert found.value == pytest.approx(0.5)


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"must be one of .*l-bfgs.*, but is 'rotosolve'"):
        Inner("rotosolve")
    with pytest.raises(ValueError, match="`steps` must be at least 1"):
        Inner(steps=0)
    with pytest.raises(ValueError, match="must hold 4 angles, but holds 2"):
        train(GOAL.meter(CIRCUIT, None), Inner(), np.random.default_rng(0), np.zeros(2))


def test_stages_share_out_steps_and_shots_and_carry_the_state_over():
    """Each stage is read with its share of the shots; two stages of all shots are one run of as many steps."""
    read = []

    class Watched(Simulator):
        def expectation(self, *args, **kwargs):
            read.append(self.shots)
            return super().expectation(*args, **kwargs)

    options = {"a": 0.5, "c": 0.1}
    inner = Inner("adam-spsa", stages=((5, 0.01), (3, 0.1), (2, 1.0)), options=options)
    meter = GOAL.meter(CIRCUIT, Watched("double", shots=2000, seed=3))
    found = train(meter, inner, np.random.default_rng(0), np.zeros(4))
    assert read == [20] * 10 + [200] * 6 + [2000] * 5
    assert found.evaluations == 21 == inner.price(meter)
    ends = []
    for stages in (((4, 1.0), (6, 1.0)), ()):
        meter = GOAL.meter(CIRCUIT, Simulator("double", shots=100, seed=3))
        inner = Inner("adam-spsa", 10, stages=stages, options=options)
        ends.append(train(meter, inner, np.random.default_rng(1), np.zeros(4)))
    np.testing.assert_array_equal(ends[0].params, ends[1].params)


def test_stages_need_shots():
    with pytest.raises(ValueError, match="values here are exact"):
        train(GOAL.meter(CIRCUIT, None), Inner("adam-spsa", stages=((3, 0.5),)), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"shares in \(0, 1\], but holds 0"):
        Inner("adam-spsa", stages=((3, 0),))


def test_given_angles_are_trained_for_fewer_steps():
    inner, start = Inner("adam", 20, starts=2, warm=4), np.array([0.4, -0.3, 0.9, 0.2])
    price = GOAL.meter(CIRCUIT, None).price[1]
    assert train(GOAL.meter(CIRCUIT, None), inner, np.random.default_rng(0), start).evaluations == 24 * price
    assert train(GOAL.meter(CIRCUIT, None), inner, np.random.default_rng(0)).evaluations == 40 * price
    with pytest.raises(ValueError, match=r"`warm` must lie in \[1, 20\]"):
        Inner("adam", 20, warm=21)
