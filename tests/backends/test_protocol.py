"""The functions over any backend: with its own ways where it has them, by its two calls where it has not."""

from typing import Any

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, pauli, w, x
from ketwork.backends.protocol import (
    Compiled,
    Cost,
    apart,
    compiled,
    cost,
    each,
    own_slots,
    seed_of,
    value_and_pullback,
)

CIRCUIT = Circuit(2).ry(0, x[0] * w[0]).crx(0, 1, w[1]).rz(1, x[1]).rxx(0, 1, w[1] * x[0])
SUMS = [PauliSum.from_dict({"ZI": 1.0, "XY": -0.5}), PauliSum.from_dict({"IX": 2.0})]
X, W = np.array([[0.3, -0.2], [1.1, 0.8], [-0.6, 0.4]]), np.array([0.7, -1.3])


class Plain:
    """A backend with the two calls and nothing else."""

    def __init__(self) -> None:
        self.calls = 0

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Any:
        self.calls += 1
        return Simulator().expectation(circuit, observables, x, w)

    def sample(self, circuit: Circuit, *args: Any, **kwargs: Any) -> Any:
        return Simulator().sample(circuit, *args, **kwargs)


class Rich(Plain):
    """A backend that has its own way for everything."""

    def expectation_of_each(self, circuits: Any, observables: Any, x: Any = None, w: Any = None) -> Any:
        return np.full((len(circuits), 1, 1), 7.0)

    def value_and_pullback(self, *args: Any) -> Any:
        return "own", None

    def compile(self, circuit: Circuit) -> Compiled:
        return Compiled(self, circuit, (1, 0))

    def cost(self, circuit: Circuit, observables: Any, batch: int) -> Cost:
        return Cost(3 * batch, 100, 2.0)


def test_gradients_by_shifts_equal_exact_ones() -> None:
    cotangent = np.random.default_rng(0).normal(size=(3, 2))
    values, pull_back = value_and_pullback(Plain(), CIRCUIT, SUMS, X, W)
    expected, exact = Simulator().value_and_pullback(CIRCUIT, SUMS, X, W)
    assert np.allclose(values, expected)
    found, right = pull_back(cotangent), exact(cotangent)
    assert np.allclose(found.x, right.x, atol=1e-10) and np.allclose(found.w, right.w, atol=1e-10)


def test_no_circuit_is_run_for_gradients_that_nobody_wants() -> None:
    cotangent = np.ones((len(X), len(SUMS)))
    runs = []

    class Counted(Plain):
        def expectation(self, circuit: Any, *args: Any) -> Any:
            runs.append(circuit)
            return super().expectation(circuit, *args)

    _, both = value_and_pullback(Counted(), CIRCUIT, SUMS, X, W)
    gradient, with_inputs = both(cotangent), len(runs)
    _, alone = value_and_pullback(Counted(), CIRCUIT, SUMS, X, W, inputs=False)
    assert np.allclose(alone(cotangent).w, gradient.w, atol=1e-12)
    assert len(runs) - with_inputs < with_inputs


def test_gradients_of_a_circuit_without_slots_are_empty() -> None:
    values, pull_back = value_and_pullback(Plain(), Circuit(1).h(0), PauliSum.from_dict({"X": 1.0}))
    gradient = pull_back([[1.0]])
    assert values.shape == (1, 1) and gradient.x.shape == (1, 0) and gradient.w.shape == (0,)


def test_weights_without_inputs() -> None:
    circuit = Circuit(1).ry(0, w[0])
    _, pull_back = value_and_pullback(Plain(), circuit, PauliSum.from_dict({"Z": 1.0}), None, [0.3])
    assert pull_back([[1.0]]).w == pytest.approx([-np.sin(0.3)])


def test_a_cotangent_of_another_shape_is_refused() -> None:
    _, pull_back = value_and_pullback(Plain(), CIRCUIT, SUMS, X, W)
    with pytest.raises(ValueError, match=r"`cotangent` must have shape \(3, 2\)"):
        pull_back(np.ones((3, 1)))


def test_each_runs_circuits_one_by_one() -> None:
    circuits = [CIRCUIT, CIRCUIT + CIRCUIT.inverse(), Circuit(2).ry(0, w[0])]
    plain = Plain()
    values = each(plain, circuits[:2], SUMS, X, W)
    assert values.shape == (2, 3, 2) and plain.calls == 2
    assert np.allclose(values[0], Simulator().expectation(CIRCUIT, SUMS, X, W))
    assert np.allclose(values[1], [[1.0, 0.0]] * 3)


def test_circuits_may_ignore_slots_of_the_family() -> None:
    values = each(Plain(), [CIRCUIT, Circuit(2).ry(0, w[0])], SUMS, X, W)
    assert np.allclose(values[1, :, 0], np.cos(0.7))
    inputs, weights = own_slots(Circuit(2).ry(0, w[0]), X, W)
    assert inputs.shape == (3, 0) and weights.tolist() == [0.7]
    assert own_slots(Circuit(1), None, None) == (None, None)


def test_own_ways_are_used() -> None:
    rich = Rich()
    assert each(rich, [CIRCUIT] * 2, SUMS, X, W).tolist() == [[[7.0]], [[7.0]]]
    assert value_and_pullback(rich, CIRCUIT, SUMS, X, W)[0] == "own"
    assert compiled(rich, CIRCUIT).layout == (1, 0)
    assert cost(rich, CIRCUIT, SUMS, 5) == Cost(15, 100, 2.0)


def test_a_backend_may_say_that_it_has_no_pullback_just_now() -> None:
    rich = Rich()
    rich.differentiable = False  # type: ignore[attr-defined]
    values, _ = value_and_pullback(rich, CIRCUIT, SUMS, X, W)
    assert np.allclose(values, Simulator().expectation(CIRCUIT, SUMS, X, W))


def test_values_drawn_from_shots_have_gradients_by_shifts() -> None:
    circuit, z = Circuit(1).ry(0, w[0]), PauliSum.from_dict({"Z": 1.0})
    _, pull_back = value_and_pullback(Simulator(shots=40_000, seed=1), circuit, z, None, [0.8])
    assert pull_back([[1.0]]).w[0] == pytest.approx(-np.sin(0.8), abs=5 / np.sqrt(40_000))


def test_without_own_ways() -> None:
    plain = Plain()
    found = compiled(plain, CIRCUIT)
    assert found.backend is plain and found.circuit is CIRCUIT and found.layout == (0, 1)
    assert cost(plain, CIRCUIT, SUMS, 5) == Cost(5, 0, None)
    bases = [pauli("XZ", [0, 1], CIRCUIT.n_qubits), pauli("Z", 0, CIRCUIT.n_qubits), pauli("Z", 1, CIRCUIT.n_qubits)]
    assert cost(Simulator(shots=100), CIRCUIT, bases, 5) == Cost(10, 1000, None)
    assert cost(Simulator(), CIRCUIT, bases, 5) == Cost(5, 0, None)


def test_a_simulator_is_a_backend() -> None:
    values, pull_back = value_and_pullback(Simulator(), CIRCUIT, SUMS, X, W)
    assert values.shape == (3, 2) and pull_back(np.ones((3, 2))).w.shape == (2,)
    assert compiled(Simulator(), CIRCUIT).circuit is CIRCUIT


def test_several_circuits_are_drawn_independently() -> None:
    """A mean over the same circuit 40 times is 40 times as sure: a seeded backend does not answer alike to all."""
    one = Circuit(1).h(0)
    means = [each(Simulator(shots=50, seed=s), [one] * 40, PauliSum.from_dict({"Z": 1.0})).mean() for s in range(60)]
    expected = 1 / np.sqrt(50 * 40)
    assert 0.7 * expected < np.std(means) < 1.3 * expected  # 3.3 standard errors of a deviation from 60
    again = [each(Simulator(shots=50, seed=3), [one] * 4, PauliSum.from_dict({"Z": 1.0})) for _ in range(2)]
    assert (again[0] == again[1]).all()


def test_the_seed_of_a_piece_of_work() -> None:
    backend = Simulator(shots=10, seed=5)
    assert apart(backend, 0) is backend
    assert len({apart(backend, k).seed for k in range(100)}) == 100
    assert backend.seed == 5
    assert apart(Simulator(), 3).seed is None
    plain = Plain()
    assert apart(plain, 3) is plain
    sequence = np.random.SeedSequence(4)
    assert seed_of(sequence, 1).generate_state(1) != seed_of(sequence, 2).generate_state(1)


def test_each_of_none():
    with pytest.raises(ValueError, match="Argument `circuits` must hold at least one circuit"):
        each(Simulator(), [], pauli("Z", 0, 1))


@pytest.mark.parametrize("seed", [3, np.int64(3), np.random.SeedSequence(3)])
def test_seeds_of_every_kind_are_told_apart(seed: Any) -> None:
    """Three evaluations with NumPy's integers for a seed are three draws, not one."""
    circuit, backend = Circuit(1).ry(0, 1.0), Simulator(shots=1000, seed=seed)
    found = {float(apart(backend, k).expectation(circuit, pauli("Z", 0, 1))[0, 0]) for k in range(3)}
    assert len(found) == 3
